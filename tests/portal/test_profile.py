"""The user's own profile."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry


@pytest.fixture
def page() -> str:
    return reverse("portal:profile")


def test_a_user_changes_the_name_that_others_see(as_bob, cast, page):
    answer = as_bob.post(page, {"name": " Bob Ray "}, follow=True)

    assert "Saved your name." in answer.text
    cast.bob.refresh_from_db()
    assert cast.bob.name == "Bob Ray"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.detail["changed"]) == (
        "user.changed", cast.bob, "name: – → Bob Ray",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", "x" * 101, "Bob\u2028Ray"])
def test_a_name_that_cannot_be_shown_is_refused(as_bob, cast, page, name):
    answer = as_bob.post(page, {"name": name})

    assert answer.context["form"].errors["name"]
    cast.bob.refresh_from_db()
    assert cast.bob.name == ""


def test_the_menu_of_the_account_leads_to_the_profile(as_bob, cast, page):
    members = reverse("portal:members", args=[cast.workspace.public_id])

    assert f'href="{page}"' in as_bob.get(members).text


def test_the_profile_and_the_notifications_lead_to_each_other(as_bob, cast, page):
    notifications = reverse("portal:notifications")

    assert f'href="{notifications}"' in as_bob.get(page).text
    shown = as_bob.get(notifications, follow=True).text
    assert f'<a href="{page}">← Profile</a>' in shown
