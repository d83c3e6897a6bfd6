from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from streams.audit.models import AuditEntry
from streams.tenancy import invitations
from streams.tenancy.invitations import (
    HasAccount,
    InvitationRefused,
    NotYours,
    accept_invitation,
    invite,
    make_invitation,
    read_invitation,
    sign_up,
)
from streams.tenancy.members import AlreadyMember, NoSuchRole, remove_member
from streams.tenancy.models import User
from tests import make
from tests.append_only import entries_may_go

pytestmark = pytest.mark.django_db

DANA = "dana@northwind.example"


def token_for(place, email=DANA, role="editor"):
    return make_invitation(place=place, email=email, role=role, actor=None)


def test_an_invitation_goes_out_by_mail(django_capture_on_commit_callbacks):
    cast = make.cast()

    with django_capture_on_commit_callbacks(execute=True):
        invite(
            place=cast.workspace,
            email=DANA,
            role="viewer",
            actor=cast.anna,
            link=lambda token: f"https://portal.example/invitations/{token}/",
        )

    [sent] = mail.outbox
    assert (sent.to, sent.subject) == ([DANA], f"Invitation to {cast.workspace}")
    assert "anna@northwind.example invites you" in sent.body
    token = sent.body.split("/invitations/")[1].split("/")[0]
    invitation = read_invitation(token)
    assert (invitation.place, invitation.email, invitation.role) == (
        cast.workspace,
        DANA,
        "viewer",
    )


def test_a_name_with_a_line_break_makes_no_header_of_its_own(
    django_capture_on_commit_callbacks,
):
    workspace = make.workspace(name="Evil\nBcc: all@example.com")

    with django_capture_on_commit_callbacks(execute=True):
        invite(place=workspace, email=DANA, role="viewer", actor=None, link=str)

    assert mail.outbox[0].subject == "Invitation to Evil Bcc: all@example.com"


def test_a_new_person_gets_an_account_and_is_let_in():
    workspace = make.workspace()
    invitation = read_invitation(token_for(workspace, " Dana@Northwind.example "))
    assert not invitation.has_account()

    dana = sign_up(invitation=invitation, name="Dana", password=make.PASSWORD)

    assert (dana.email, dana.name, dana.is_staff) == (DANA, "Dana", False)
    assert dana.check_password(make.PASSWORD)
    membership = workspace.memberships.get()
    assert (membership.user, membership.role) == (dana, "editor")


def test_a_person_with_an_account_signs_in_and_is_let_in():
    partner, dana = make.partner(), make.user(DANA)
    invitation = read_invitation(token_for(partner, role="support"))
    assert invitation.has_account()

    with pytest.raises(HasAccount):
        sign_up(invitation=invitation, name="Eve", password="eves own password")
    accept_invitation(invitation=invitation, user=dana)

    assert partner.memberships.get().role == "support"
    dana.refresh_from_db()
    assert dana.check_password(make.PASSWORD)


def test_an_account_without_a_password_is_completed():
    User.objects.create_user(DANA)
    invitation = read_invitation(token_for(make.workspace()))

    dana = sign_up(invitation=invitation, name="Dana", password=make.PASSWORD)

    assert User.objects.get() == dana
    assert dana.check_password(make.PASSWORD)


def test_an_invitation_is_for_one_address():
    workspace, charlie = make.workspace(), make.user("charlie@fern.example")

    with pytest.raises(NotYours, match=DANA):
        accept_invitation(
            invitation=read_invitation(token_for(workspace)), user=charlie
        )

    assert not workspace.memberships.exists()


def test_an_invitation_lets_in_once():
    workspace = make.workspace()
    token = token_for(workspace)
    sign_up(invitation=read_invitation(token), name="Dana", password=make.PASSWORD)

    with pytest.raises(InvitationRefused, match="has been used"):
        read_invitation(token)


def test_who_was_removed_does_not_come_back_by_an_old_invitation():
    workspace = make.workspace()
    make.member(workspace, "admin")
    token = token_for(workspace)
    read_before = read_invitation(token)
    dana = sign_up(invitation=read_before, name="Dana", password=make.PASSWORD)
    remove_member(membership=workspace.memberships.get(user=dana), actor=None)

    with pytest.raises(InvitationRefused):
        read_invitation(token)
    with pytest.raises(InvitationRefused):
        accept_invitation(invitation=read_before, user=dana)

    assert not workspace.members.filter(pk=dana.pk).exists()


def test_a_new_invitation_lets_in_who_was_removed():
    workspace, dana = make.workspace(), make.user(DANA)
    make.member(workspace, "admin")
    accept_invitation(invitation=read_invitation(token_for(workspace)), user=dana)
    remove_member(membership=workspace.memberships.get(user=dana), actor=None)

    accept_invitation(invitation=read_invitation(token_for(workspace)), user=dana)

    assert workspace.members.filter(pk=dana.pk).exists()


def test_of_two_invitations_the_second_finds_a_member():
    workspace, dana = make.workspace(), make.user(DANA)
    first, second = (read_invitation(token_for(workspace)) for _ in range(2))
    accept_invitation(invitation=first, user=dana)

    with pytest.raises(InvitationRefused, match="already"):
        accept_invitation(invitation=second, user=dana)


def test_an_invitation_grows_old(monkeypatch):
    token = token_for(make.workspace())

    monkeypatch.setattr(invitations, "GOOD_FOR", timedelta(seconds=-1))

    with pytest.raises(InvitationRefused, match="too old"):
        read_invitation(token)


def test_a_link_that_we_did_not_make_is_refused():
    token = token_for(make.workspace())

    for forged in ("", "x", token[:-1], "x" + token, token.replace(":", "::", 1)):
        with pytest.raises(InvitationRefused, match="not a whole"):
            read_invitation(forged)


def test_a_place_that_is_gone_lets_nobody_in():
    workspace = make.workspace()
    token = token_for(workspace)
    with entries_may_go():
        AuditEntry.objects.all().delete()
    workspace.delete()

    with pytest.raises(InvitationRefused, match="gone"):
        read_invitation(token)


def test_members_and_wrong_roles_are_not_invited():
    cast = make.cast()

    with pytest.raises(AlreadyMember):
        token_for(cast.workspace, "ALICE@northwind.example")
    with pytest.raises(NoSuchRole):
        token_for(cast.workspace, role="support")
