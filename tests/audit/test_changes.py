from __future__ import annotations

import pytest

from streams.audit.changes import changed_values
from streams.audit.details import reason
from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.tenancy.services import change_workspace, set_check_mode
from streams.tenancy.users import change_user
from tests import factories


def test_only_values_that_differ_are_named():
    before = {"name": "Fern", "weight": 1, "about": ""}

    assert changed_values(before, {"name": "Fern", "weight": 3, "about": "A"}) == {
        "changed": "weight: 1 → 3, about: – → A"
    }
    assert changed_values(before, before) == {}


def test_long_values_are_cut():
    [text] = changed_values({}, {"about": "x" * 1_000}).values()

    assert len(text) < 250


@pytest.mark.django_db
def test_a_change_of_a_workspace_shows_its_old_and_new_values():
    workspace = factories.workspace(name="Fern", is_test=False)

    change_workspace(
        workspace=workspace, name="Fern & Field", weight=2, is_test=False, actor=None
    )

    entry = AuditEntry.objects.get()
    assert describe(entry.action, entry.detail) == (
        "Changed the workspace: Name, Weight"
    )
    assert reason(entry.action, entry.detail) == (
        "Name: Fern → Fern & Field, Weight: 1 → 2"
    )


@pytest.mark.django_db
def test_a_change_of_the_validation_mode_shows_the_old_one():
    set_check_mode(workspace=factories.workspace(), check_mode="warn", actor=None)

    entry = AuditEntry.objects.get()
    assert (
        reason(entry.action, entry.detail) == "Validation mode: Same as stream → Warn"
    )


@pytest.mark.django_db
def test_a_change_of_a_user_shows_values_but_no_password():
    user = factories.staff("olga@portal.example")

    change_user(user=user, actor=None, name="Olga", is_active=False, groups=[])

    entry = AuditEntry.objects.get()
    assert entry.detail["changed"] == "name: – → Olga, is_active: True → False"
