"""Operators confirm that it's them before they change a credential or a role."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.urls import reverse

from streams.base.clock import now
from streams.tenancy.models import PartnerMembership, PartnerToken, User
from tests import factories

pytestmark = pytest.mark.django_db

HOST = "http://testserver"


@pytest.fixture
def later(staff):
    """A quarter of an hour after the sign-in."""
    with time_machine.travel(now() + timedelta(minutes=16)):
        yield


def asks(response, back: str) -> bool:
    return response.url == reverse("account_reauthenticate", query={"next": back})


def send(client, page: str, data: dict[str, object]):
    return client.post(page, data, headers={"Referer": HOST + page})


def change_page(row) -> str:
    return reverse(
        f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk]
    )


def test_a_user_is_shown_but_changed_only_after_a_confirmation(staff, later):
    user = factories.user()
    page = change_page(user)

    shown = staff.get(page)
    asked = send(staff, page, {"email": "eve@evil.example", "name": "Eve"})

    assert shown.status_code == 200
    assert asks(asked, page)
    assert not User.objects.filter(email="eve@evil.example").exists()


def test_a_password_is_set_only_after_a_confirmation(staff, later):
    user = factories.user()
    page = reverse("admin:auth_user_password_change", args=[user.pk])
    new = "correct horse battery"
    data = {"usable_password": "true", "password1": new, "password2": new}

    assert asks(staff.get(page), page)
    assert asks(send(staff, page, data), page)
    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)


@pytest.mark.parametrize("name", ["streams_user", "auth_group", "streams_partner"])
def test_new_rows_with_rights_need_a_confirmation(staff, later, name):
    page = reverse(f"admin:{name}_add")

    assert asks(staff.get(page), page)
    assert asks(send(staff, page, {}), page)


def test_a_group_changes_only_after_a_confirmation(staff, later):
    group = Group.objects.create(name="Support")

    assert asks(send(staff, change_page(group), {"name": "X"}), change_page(group))
    assert Group.objects.get().name == "Support"


@pytest.mark.parametrize("kind", ["partner", "workspace"])
def test_roles_of_members_change_only_after_a_confirmation(staff, later, kind):
    place = getattr(factories, kind)()

    assert asks(send(staff, change_page(place), {"name": "X"}), change_page(place))
    assert not PartnerMembership.objects.exists()


def test_an_api_token_is_revoked_only_after_a_confirmation(staff, later):
    token, _ = factories.token()
    page = reverse("admin:streams_partnertoken_changelist")

    asked = send(staff, page, {"action": "revoke", "_selected_action": [token.pk]})

    assert asks(asked, page)
    assert PartnerToken.objects.get().revoked_at is None


def test_the_operator_comes_back_after_the_confirmation(staff, olga, later):
    user = factories.user()
    page = change_page(user)
    olga.set_password(factories.PASSWORD)
    olga.save()
    staff.force_login(olga)
    with time_machine.travel(now() + timedelta(minutes=16)):
        asked = send(staff, page, {"email": user.email, "name": "Ada"})
        done = staff.post(asked.url, {"password": factories.PASSWORD})
        shown = staff.get(done.url)

    assert done.url == page
    assert "To change this, confirm it&#x27;s you." in shown.text


def test_an_emergency_stop_needs_none(staff, later):
    page = reverse("admin:streams_halt_add")

    assert staff.get(page).status_code == 200
