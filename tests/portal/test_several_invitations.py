"""Invite several people at once, and leave a workspace or a partner."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.invitation_sending import BY_PERSON


@pytest.fixture
def as_anna(client, cast):
    """A browser in which the workspace's admin is signed in."""
    client.force_login(cast.anna)
    return client


@pytest.fixture
def page(cast):
    return reverse("portal:invite-several", args=[cast.workspace.public_id])


@pytest.fixture
def leave(cast):
    return reverse("portal:leave", args=[cast.workspace.public_id])


@pytest.mark.django_db(transaction=True)
def test_several_people_are_invited_with_one_role(as_anna, cast, page, mailoutbox):
    emails = "Ada@example.com, ben@example.com\n\n cleo@example.com,\nada@example.com"

    answer = as_anna.post(page, {"emails": emails, "role": "editor"}, follow=True)

    assert "Sent 3 invitations." in answer.text
    assert sorted(mail.to[0] for mail in mailoutbox) == [
        "ada@example.com", "ben@example.com", "cleo@example.com",
    ]  # fmt: skip
    assert "anna@northwind.example invited you" in mailoutbox[0].body
    assert "Your role: Editor" in mailoutbox[0].body
    assert AuditEntry.objects.filter(action="member.invited").count() == 3


def test_each_bad_line_is_reported_and_no_one_is_invited(
    as_anna, cast, page, mailoutbox
):
    emails = f"ada@example.com\nada@, ben\n{cast.bob.email}\ncleo@example.com"

    answer = as_anna.post(page, {"emails": emails, "role": "viewer"})

    assert answer.context["form"].errors["emails"] == [
        "Line 2: “ada@” isn't an email address.",
        "Line 2: “ben” isn't an email address.",
        f"Line 3: {cast.bob.email} is already a member.",
    ]
    assert "ada@, ben" in answer.text  # the input stays
    assert not Invitation.objects.filter(email="ada@example.com").exists()
    assert mailoutbox == []


def test_there_is_a_limit_per_form(as_anna, page):
    emails = "\n".join(f"p{number}@example.com" for number in range(21))

    answer = as_anna.post(page, {"emails": emails, "role": "viewer"})

    assert answer.context["form"].errors["emails"] == [
        f"Enter at most {BY_PERSON.amount} emails. You entered 21."
    ]


@pytest.mark.django_db(transaction=True)
def test_if_the_hourly_limit_is_reached_no_one_is_invited(as_anna, page, mailoutbox):
    def invite(count: int, domain: str):
        emails = "\n".join(f"p{number}@{domain}" for number in range(count))
        return as_anna.post(page, {"emails": emails, "role": "viewer"})

    invite(15, "one.example")
    answer = invite(10, "two.example")

    [error] = answer.context["form"].non_field_errors()
    assert error.startswith("You've reached the limit of 20 invitations")
    assert not Invitation.objects.filter(email__endswith="@two.example").exists()
    assert len(mailoutbox) == 15


def test_a_member_leaves(as_bob, cast, leave):
    answer = as_bob.post(leave, follow=True)

    assert f"You left {cast.workspace}." in answer.text
    assert not cast.workspace.memberships.filter(user=cast.bob).exists()
    entry = AuditEntry.objects.get(action="member.removed")
    assert (entry.actor, entry.member) == (cast.bob, cast.bob.email)


def test_the_last_admin_hands_over_the_role_and_leaves(as_anna, cast, leave):
    alice = cast.workspace.memberships.get(user=cast.alice)

    shown = as_anna.post(leave, {"successor": ""})
    as_anna.post(leave, {"successor": alice.pk})

    assert "Select the member who becomes an admin." in shown.text
    alice.refresh_from_db()
    assert alice.role == "admin"
    assert not cast.workspace.memberships.filter(user=cast.anna).exists()


def test_a_member_of_another_workspace_cannot_take_over(as_anna, cast, leave):
    foreign = cast.elsewhere.memberships.get(user=cast.charlie)

    as_anna.post(leave, {"successor": foreign.pk})

    assert cast.workspace.memberships.filter(user=cast.anna, role="admin").exists()
    foreign.refresh_from_db()
    assert foreign.workspace == cast.elsewhere


def test_the_only_member_cannot_leave_and_learns_why(as_anna, cast, leave):
    cast.workspace.memberships.exclude(user=cast.anna).delete()

    assert "Invite someone first." in as_anna.get(leave).text
    as_anna.post(leave, {})

    assert cast.workspace.memberships.get().user == cast.anna


def test_the_last_admin_of_a_partner_hands_over_too(as_petra, cast):
    dev = cast.partner.memberships.get(user=cast.dev)

    as_petra.post(
        reverse("portal:partner-leave", args=[cast.partner.slug]), {"successor": dev.pk}
    )

    dev.refresh_from_db()
    assert dev.role == "admin"
    assert not cast.partner.memberships.filter(user=cast.petra).exists()


def test_outsiders_get_404(client, cast, page, leave):
    client.force_login(cast.charlie)

    assert client.get(page).status_code == client.get(leave).status_code == 404
