from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user
from django.urls import reverse

from streams.tenancy.invitations import make_invitation
from streams.tenancy.models import WorkspaceMembership


@pytest.fixture
def as_anna(client, cast):
    client.force_login(cast.anna)
    return client


def members_url(cast) -> str:
    return reverse("portal:members", args=[cast.workspace.public_id])


def link(cast, email: str) -> str:
    token = make_invitation(
        place=cast.workspace, email=email, role="editor", actor=cast.anna
    )
    return reverse("portal:invitation", args=[token])


def test_an_invitation_leads_to_an_account_and_the_workspace(
    as_anna, cast, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        as_anna.post(members_url(cast), {"email": "dora@example.com", "role": "editor"})
    as_anna.logout()
    [mail] = mailoutbox
    invitation = re.search(r"http://testserver(\S+)", mail.body)[1]

    as_anna.post(invitation, {"name": "Dora", "password": "a good long password"})

    dora = get_user(as_anna)
    assert (mail.to, dora.email) == (["dora@example.com"], "dora@example.com")
    assert cast.workspace.memberships.get(user=dora).role == "editor"


def test_a_weak_password_is_refused(client, cast):
    page = client.post(
        link(cast, "dora@example.com"), {"name": "Dora", "password": "dora"}
    )

    assert "too short" in str(page.context["form"].errors["password"])
    assert "value=" not in str(page.context["form"]["password"])


def test_one_who_has_an_account_signs_in_first(client, cast):
    invitation = link(cast, cast.rita.email)

    assert client.get(invitation).url == reverse(
        "account_login", query={"next": invitation}
    )


def test_one_who_is_signed_in_joins_with_a_button(client, cast):
    client.force_login(cast.charlie)
    invitation = link(cast, cast.charlie.email)

    asked = client.get(invitation)
    client.post(invitation)

    assert "Join</button>" in asked.text
    assert cast.workspace.memberships.filter(user=cast.charlie).exists()


def test_an_invitation_for_another_address_lets_nobody_in(client, cast):
    client.force_login(cast.charlie)
    invitation = link(cast, "dora@example.com")

    asked = client.get(invitation)
    answer = client.post(invitation)

    assert "Sign out, and go on" in asked.text
    assert answer.status_code == 410
    assert not cast.workspace.memberships.filter(user=cast.charlie).exists()


def test_a_link_that_is_not_ours_lets_nobody_in(client, db):
    answer = client.get(reverse("portal:invitation", args=["made-up"]))

    assert answer.status_code == 410
    assert "not a whole invitation link" in answer.text


def test_a_member_cannot_be_invited_twice(as_anna, cast):
    page = as_anna.post(members_url(cast), {"email": cast.bob.email, "role": "editor"})

    assert "a member of" in str(page.context["form"].errors["email"])


def test_a_mail_that_cannot_be_sent_is_told(transactional_db, as_anna, cast, settings):
    nobody_listens = {"host": "127.0.0.1", "port": 9}
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": nobody_listens,
        }
    }

    page = as_anna.post(
        members_url(cast), {"email": "dora@example.com", "role": "viewer"}
    )

    assert "The mail could not be sent." in page.text


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


def test_the_partner_invites_the_customers_first_person(
    as_petra, cast, mailoutbox, django_capture_on_commit_callbacks
):
    url = reverse(
        "portal:partner-workspace-invite",
        args=[cast.partner.slug, cast.workspace.public_id],
    )

    with django_capture_on_commit_callbacks(execute=True):
        as_petra.post(url, {"email": "dora@example.com", "role": "admin"})

    assert [mail.to for mail in mailoutbox] == [["dora@example.com"]]


def test_signing_up_is_closed(client, db):
    page = client.get(reverse("account_signup"))

    assert "Accounts are by invitation" in page.text


@pytest.mark.parametrize(
    ("who", "where"),
    [
        ("alice", "/w/{workspace}/"),
        ("petra", "/p/{partner}/"),
        ("olga", "/admin/"),
    ],
)
def test_home_sends_people_where_they_belong(client, cast, who, where):
    client.force_login(getattr(cast, who))

    answer = client.get("/")

    assert answer.url == where.format(
        workspace=cast.workspace.public_id, partner=cast.partner.slug
    )


def test_home_lets_one_choose_who_belongs_to_several_places(client, cast):
    client.force_login(cast.alice)
    WorkspaceMembership.objects.create(
        workspace=cast.elsewhere, user=cast.alice, role="viewer"
    )

    page = client.get("/")

    assert cast.elsewhere.name in page.text
    assert cast.workspace.name in page.text
