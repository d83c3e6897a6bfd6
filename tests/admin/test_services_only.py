"""The admin writes no row itself: services do, with their locks and activity log entries."""

from __future__ import annotations

import ast
import traceback
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.urls import reverse

from streams.tenancy.models import User
from tests import factories

ROOT = Path(__file__).resolve().parents[2]
ADMIN = ROOT / "streams" / "admin"
# Methods of models, querysets, managers, forms and the admin that write rows.
WRITES = {
    "save", "delete", "create", "update", "update_or_create", "get_or_create",
    "bulk_create", "bulk_update", "create_user", "create_superuser", "set_password",
    "save_m2m", "save_form", "save_model", "save_related", "delete_model",
    "delete_queryset", "set", "add", "remove", "clear",
}  # fmt: skip
# These calls stay within the admin: `create` of a class here calls a service, and the operator
# of a page is a context variable.
OWN = {
    ("shared/base.py", "self.create(request, form)"),
    ("shared/links.py", "_operator.set(operator)"),
}


def writes(source: str) -> list[str]:
    """Calls that may write a row. `save(commit=False)` only fills in a form's rows."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [
        ast.unparse(call)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in WRITES
        and "commit=False" not in ast.unparse(call)
    ]


def test_the_admins_code_calls_nothing_that_writes():
    found = {
        (file.relative_to(ADMIN).as_posix(), call)
        for file in ADMIN.glob("**/*.py")
        for call in writes(file.read_text())
    }

    assert found == OWN


@pytest.mark.parametrize(
    "source",
    [
        "row.save()",
        "super().save_model(request, obj, form, change)",
        "Stream.objects.filter(pk=1).update(name='x')",
        "queryset.delete()",
        "User.objects.create_user(email)",
        "form.save_m2m()",
        "group.permissions.set(rows)",
    ],
)
def test_a_call_that_writes_is_found(source):
    assert len(writes(source)) == 1


# --- What the forms write ----------------------------------------------------------------


class WritesOutsideServices:
    """Collects the statements that write our rows and that no service has sent."""

    SERVICES = tuple(
        f"{ROOT}/streams/{package}/"
        for package in ("tenancy", "catalog", "delivery", "sign_in", "audit")
    )
    # Django's own record of an operator's work, and the session.
    NOT_OURS = ("django_admin_log", "django_session")

    def __init__(self) -> None:
        self.found: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        is_write = sql.startswith(("INSERT", "UPDATE", "DELETE"))
        if is_write and not any(table in sql for table in self.NOT_OURS):
            frames = [frame.filename for frame in traceback.extract_stack()]
            if not any(file.startswith(self.SERVICES) for file in frames):
                self.found.append(sql[:80])
        return execute(sql, params, many, context)


def stream_form(row):
    return {
        "name": "New", "version": "2.0.0", "requests_per_second": 60,
        "retention_days": 40,
    }  # fmt: skip


def person_form(row):
    return {
        "email": "new@example.com", "name": "New", "is_active": "on",
        "user_permissions": [Permission.objects.order_by("pk")[0].pk],
        "groups": [Group.objects.create(name="Others").pk],
    }  # fmt: skip


def group_form(row):
    return {
        "name": "New", "permissions": [Permission.objects.order_by("pk")[0].pk],
    }  # fmt: skip


def no_members():
    return {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}


CHANGES = {
    "streams_stream": (lambda: factories.stream(), stream_form),
    "streams_partner": (
        lambda: factories.partner(),
        lambda row: {"name": "New", "slug": "new", **no_members()},
    ),
    "streams_workspace": (
        lambda: factories.workspace(),
        lambda row: {"name": "New", "weight": 2, "is_test": "on", **no_members()},
    ),
    "streams_user": (lambda: factories.user(), person_form),
    "auth_group": (lambda: Group.objects.create(name="Support"), group_form),
}
ADDITIONS = {
    "streams_stream": lambda: {
        **stream_form(None), "slug": "fresh", "partner": factories.partner().pk,
    },
    "streams_partner": lambda: {
        "name": "New", "slug": "new", "stream_name": "New", "stream_slug": "fresh",
        "admin_email": "new@example.com",
    },
    "streams_workspace": lambda: {
        "name": "New", "external_id": "7", "weight": 2,
        "partner": factories.partner().pk,
    },
    "streams_user": lambda: {"email": "new@example.com", "name": "New"},
    "auth_group": lambda: group_form(None),
}  # fmt: skip


def post(staff, address, form) -> WritesOutsideServices:
    seen = WritesOutsideServices()
    with connection.execute_wrapper(seen):
        page = staff.post(address, form)
    assert page.status_code == 302, page.context["errors"]
    return seen


@pytest.mark.django_db
@pytest.mark.parametrize("page", CHANGES)
def test_a_change_is_saved_by_a_service(staff, page):
    build, form = CHANGES[page]
    row = build()
    sent = form(row)

    seen = post(staff, reverse(f"admin:{page}_change", args=[row.pk]), sent)

    row.refresh_from_db()
    assert row.name == "New"
    assert seen.found == []


@pytest.mark.django_db
@pytest.mark.parametrize("page", ADDITIONS)
def test_an_addition_is_saved_by_a_service(staff, page):
    sent = ADDITIONS[page]()

    seen = post(staff, reverse(f"admin:{page}_add"), sent)

    assert seen.found == []


@pytest.mark.django_db
def test_groups_and_permissions_of_a_person_are_saved(staff):
    row = factories.user()
    sent = person_form(row)

    post(staff, reverse("admin:streams_user_change", args=[row.pk]), sent)

    person = User.objects.get(pk=row.pk)
    assert [group.name for group in person.groups.all()] == ["Others"]
    assert person.user_permissions.count() == 1


@pytest.mark.django_db
def test_permissions_of_a_group_are_saved(staff):
    post(staff, reverse("admin:auth_group_add"), group_form(None))

    assert Group.objects.get(name="New").permissions.count() == 1


@pytest.mark.django_db
def test_a_write_of_django_itself_is_found():
    seen = WritesOutsideServices()

    with connection.execute_wrapper(seen):
        Group.objects.create(name="Support")

    assert len(seen.found) == 1
