from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user
from django.urls import reverse
from django.utils.html import escape

from streams.base.email import wait_until_sent
from streams.tenancy.invitation_sending import BY_PERSON
from streams.tenancy.invitations import make_invitation, token_of
from streams.tenancy.members import change_role
from streams.tenancy.models import WorkspaceMembership
from tests import factories

NOBODY_LISTENS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {"host": "127.0.0.1", "port": 9},
    }
}


@pytest.fixture(autouse=True)
def uncounted(settings, services):
    """No email was sent to anyone yet."""
    settings.REDIS_URL = services.new_redis_url()


@pytest.fixture
def as_anna(client, cast):
    client.force_login(cast.anna)
    return client


def members_url(cast) -> str:
    return reverse("portal:members", args=[cast.workspace.public_id])


def link(cast, email: str) -> str:
    made = make_invitation(
        place=cast.workspace, email=email, role="editor", actor=cast.anna
    )
    return reverse("portal:invitation", args=[token_of(made)])


@pytest.mark.django_db(transaction=True)  # emails are sent on commit
def test_an_invitation_leads_to_an_account_and_the_workspace(as_anna, cast, mailoutbox):
    as_anna.post(members_url(cast), {"email": "dora@example.com", "role": "editor"})
    as_anna.logout()
    [mail] = mailoutbox
    invitation = re.search(r"http://testserver(\S+)", mail.body)[1]

    as_anna.post(invitation, {"name": "Dora", "password": "a good long password"})

    dora = get_user(as_anna)
    assert as_anna.cookies["known_browser"]["path"] == "/accounts/"
    assert (mail.to, dora.email) == (["dora@example.com"], "dora@example.com")
    assert cast.workspace.memberships.get(user=dora).role == "editor"


def test_a_new_person_sees_who_invites_them_and_with_which_role(client, cast):
    page = client.get(link(cast, "dora@example.com"))

    inviter = cast.anna.name or cast.anna.email
    invited = f"{inviter} invited you to connect {cast.workspace} to Segment."
    assert invited in page.text
    assert "Your role is <strong>Editor</strong>." in page.text
    assert "Can connect Segment, change and pause" in page.text


def test_a_customer_sees_that_the_partner_invites_them(client, cast):
    cast.workspace.memberships.all().delete()
    made = make_invitation(
        place=cast.workspace, email="dora@example.com", role="admin", actor=cast.petra
    )

    page = client.get(reverse("portal:invitation", args=[token_of(made)]))

    inviter = f"{cast.petra.name or cast.petra.email} ({cast.partner})"
    assert f"{inviter} invited you to connect {cast.workspace} to Segment." in page.text


def test_a_weak_password_is_refused(client, cast):
    page = client.post(
        link(cast, "dora@example.com"), {"name": "Dora", "password": "dora"}
    )

    assert "too short" in str(page.context["form"].errors["password"])
    assert "value=" not in str(page.context["form"]["password"])


def test_an_invitee_with_an_account_signs_in_first(client, cast):
    invitation = link(cast, cast.rita.email)

    assert client.get(invitation).url == reverse(
        "account_login", query={"next": invitation}
    )


def test_a_signed_in_invitee_joins_with_a_button(client, cast):
    client.force_login(cast.charlie)
    invitation = link(cast, cast.charlie.email)

    asked = client.get(invitation)
    client.post(invitation)

    assert "Accept invitation</button>" in asked.text
    assert cast.workspace.memberships.filter(user=cast.charlie).exists()


def test_an_invitation_for_another_address_cannot_be_accepted(client, cast):
    client.force_login(cast.charlie)
    invitation = link(cast, "dora@example.com")

    asked = client.get(invitation)
    answer = client.post(invitation)

    assert "Sign out and continue" in asked.text
    assert answer.status_code == 410
    assert not cast.workspace.memberships.filter(user=cast.charlie).exists()


def test_an_invalid_link_is_refused(client, db):
    answer = client.get(reverse("portal:invitation", args=["made-up"]))

    assert answer.status_code == 410
    assert "The link is incomplete" in answer.text


def test_a_member_cannot_be_invited_twice(as_anna, cast):
    page = as_anna.post(members_url(cast), {"email": cast.bob.email, "role": "editor"})

    assert "a member of" in str(page.context["form"].errors["email"])


@pytest.mark.django_db(transaction=True)  # emails are sent on commit
def test_an_email_that_cannot_be_sent_can_be_sent_again_from_the_list(
    as_anna, cast, settings, mailoutbox
):
    works, settings.MAILERS = settings.MAILERS, NOBODY_LISTENS
    form = {"email": "dora@example.com", "role": "viewer"}

    page = as_anna.post(members_url(cast), form, follow=True)
    settings.MAILERS = works
    invitation = cast.workspace.invitations.get()
    names = (cast.workspace.public_id, invitation.pk)
    again = as_anna.post(reverse("portal:invitation-resend", args=names), follow=True)

    assert escape("couldn't be sent") in page.text
    assert "Not sent" in page.text
    assert [mail.to for mail in mailoutbox] == [["dora@example.com"]]
    assert "Not sent" not in again.text


@pytest.mark.django_db(transaction=True)  # emails are sent on commit
def test_a_withdrawn_invitation_is_gone_from_the_list(as_anna, cast):
    as_anna.post(members_url(cast), {"email": "dora@example.com", "role": "viewer"})
    invitation = cast.workspace.invitations.get()
    names = (cast.workspace.public_id, invitation.pk)

    page = as_anna.post(reverse("portal:invitation-withdraw", args=names), follow=True)

    assert "dora@example.com was withdrawn. Its link no longer works" in page.text
    assert "Resend" not in page.text


def test_too_many_invitations_are_refused_and_the_typed_text_stays(as_anna, cast):
    for n in range(BY_PERSON.amount):
        form = {"email": f"p{n}@example.com", "role": "viewer"}
        assert as_anna.post(members_url(cast), form).status_code == 302

    page = as_anna.post(members_url(cast), {"email": "last@x.com", "role": "viewer"})

    assert "limit of 20 invitations in 60 minutes" in page.text
    assert 'value="last@x.com"' in page.text
    assert not cast.workspace.invitations.filter(email="last@x.com").exists()


def test_the_other_admins_are_notified_of_a_new_one(
    cast, mailoutbox, django_capture_on_commit_callbacks
):
    bob = cast.workspace.memberships.get(user=cast.bob)
    alice = cast.workspace.memberships.get(user=cast.alice)

    with django_capture_on_commit_callbacks(execute=True):
        change_role(membership=alice, role="admin", actor=cast.anna)
        change_role(membership=bob, role="admin", actor=cast.anna)
    wait_until_sent()

    [mail] = mailoutbox  # Anna did it, and was the only admin before
    assert mail.to == [cast.alice.email]
    assert mail.subject == f"{cast.workspace} has a new admin"
    assert "bob@northwind.example is now an admin" in mail.body


def test_a_role_is_changed(as_anna, cast):
    bob = cast.workspace.memberships.get(user=cast.bob)

    as_anna.post(
        reverse("portal:member-role", args=[cast.workspace.public_id, bob.pk]),
        {"role": "editor"},
    )

    bob.refresh_from_db()
    assert bob.role == "editor"


def test_the_last_admin_stays(as_anna, cast):
    anna = cast.workspace.memberships.get(user=cast.anna)

    page = as_anna.post(
        reverse("portal:member-remove", args=[cast.workspace.public_id, anna.pk]),
        follow=True,
    )

    assert "the only admin" in page.text
    assert cast.workspace.memberships.filter(pk=anna.pk).exists()


def test_a_member_of_another_workspace_is_not_found(as_anna, cast):
    charlie = cast.elsewhere.memberships.get(user=cast.charlie)

    answer = as_anna.post(
        reverse("portal:member-remove", args=[cast.workspace.public_id, charlie.pk])
    )

    assert answer.status_code == 404


@pytest.mark.django_db(transaction=True)  # emails are sent on commit
def test_the_partner_invites_the_customers_first_person(as_petra, cast, mailoutbox):
    workspace = factories.workspace(cast.partner)
    names = (cast.partner.slug, workspace.public_id)

    as_petra.post(
        reverse("portal:partner-workspace-invite", args=names),
        {"email": "dora@example.com", "role": "admin"},
    )
    page = as_petra.get(reverse("portal:partner-workspace", args=names))
    resend = (
        "portal:partner-workspace-invitation-resend",
        workspace.invitations.get().pk,
    )
    again = as_petra.post(reverse(resend[0], args=(*names, resend[1])))

    assert [mail.to for mail in mailoutbox] == [["dora@example.com"]] * 2
    assert "petra@postbox.example (Partner" in mailoutbox[0].body
    assert "Withdraw" in page.text
    assert again.status_code == 302


def test_the_partner_cannot_invite_once_a_workspace_has_an_admin(as_dev, cast):
    names = (cast.partner.slug, cast.workspace.public_id)

    refused = as_dev.post(
        reverse("portal:partner-workspace-invite", args=names),
        {"email": cast.dev.email, "role": "admin"},
    )
    page = as_dev.get(reverse("portal:partner-workspace", args=names))

    assert refused.status_code == 403
    assert "has an admin now" in refused.text
    assert "Invite someone" not in page.text


def test_signing_up_is_closed(client, db):
    page = client.get(reverse("account_signup"))

    assert "You need an invitation" in page.text


@pytest.mark.parametrize(
    ("who", "where"),
    [
        ("alice", "/w/{workspace}/"),
        ("petra", "/p/{partner}/"),
        ("olga", "/admin/"),
    ],
)
def test_home_redirects_people_to_their_only_place(client, cast, who, where):
    client.force_login(getattr(cast, who))

    answer = client.get("/")

    assert answer.url == where.format(
        workspace=cast.workspace.public_id, partner=cast.partner.slug
    )


def test_home_offers_a_choice_to_members_of_several_places(client, cast):
    client.force_login(cast.alice)
    WorkspaceMembership.objects.create(
        workspace=cast.elsewhere, user=cast.alice, role="viewer"
    )

    page = client.get("/")

    assert cast.elsewhere.name in page.text
    assert cast.workspace.name in page.text
