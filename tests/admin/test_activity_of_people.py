"""The activity log of one person and of one operator group."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from streams.audit.services import record
from streams.tenancy.users import change_group, change_user, create_user
from tests import factories

pytestmark = pytest.mark.django_db


def actions_of(staff, row):
    """Follow the link on the page of a row to its entries; return their activities."""
    meta = row._meta
    name = f"admin:{meta.app_label}_{meta.model_name}"
    history = reverse(f"{name}_history", args=[row.pk])
    page = staff.get(reverse(f"{name}_change", args=[row.pk])).text
    assert f'href="{history}"' in page
    assert "Activity log" in page
    log = staff.get(history, follow=True)
    return [entry.action for entry in log.context["cl"].result_list]


def test_the_page_of_a_user_leads_to_entries_by_and_about_the_user(staff, olga):
    workspace = factories.workspace()
    bob = create_user(actor=olga, email="bob@fern.example", name="Bob")
    change_user(user=bob, actor=olga, name="Robert")
    record("member.joined", actor=bob, workspace=workspace, member=bob.email, role="x")
    record("member.removed", actor=olga, workspace=workspace, member=bob.email)
    record("user.signed_in", actor=bob, member=bob.email, address="203.0.113.9")
    record("workspace.created", actor=bob, workspace=workspace)
    record("member.removed", actor=olga, workspace=workspace, member="eve@fern.example")

    assert actions_of(staff, bob) == [
        "workspace.created", "user.signed_in", "member.removed", "member.joined",
        "user.changed", "user.created",
    ]  # fmt: skip


def test_the_activity_log_is_searched_by_a_person_without_an_account(staff, olga):
    workspace = factories.workspace()
    record("member.invited", actor=olga, workspace=workspace, member="new@fern.example")
    url = reverse(
        "admin:streams_auditentry_changelist", query={"q": "New@Fern.example"}
    )

    found = staff.get(url).context["cl"].result_list

    assert [entry.action for entry in found] == ["member.invited"]


def test_the_page_of_an_operator_group_leads_to_its_entries(staff, olga):
    group = Group.objects.create(name="Support")
    change_group(group=group, actor=olga, name="Helpers", permissions=[])
    record("group.changed", actor=olga, row="Others", fields="permissions")

    assert actions_of(staff, group) == ["group.changed"]
