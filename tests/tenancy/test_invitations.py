from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta
from email import policy

import pytest
from django.core import mail, signing
from django.db import transaction
from django.test import TestCase

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.base.rate_limit import RateLimited
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.invitation_sending import (
    BY_PERSON,
    OF_PARTNER,
    TO_EMAIL,
    TO_PLACE,
    invite,
    resend_invitation,
)
from streams.tenancy.invitations import (
    GOOD_FOR,
    SALT,
    HasAccount,
    InvitationRefused,
    MayNotInvite,
    NotYours,
    accept_invitation,
    make_invitation,
    read_invitation,
    sign_up,
    token_of,
    withdraw_invitation,
)
from streams.tenancy.members import (
    AlreadyMember,
    NoSuchRole,
    PlaceRemoved,
    change_role,
    remove_member,
)
from streams.tenancy.models import User, Workspace
from tests import factories
from tests.audit_log_triggers import entries_may_go

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uncounted(settings, services):
    """No email was sent to anyone yet."""
    settings.REDIS_URL = services.new_redis_url()


DANA = "dana@northwind.example"


def token_for(place, email=DANA, role="editor", actor=None):
    return token_of(make_invitation(place=place, email=email, role=role, actor=actor))


def send(place, actor, email=DANA, role="viewer"):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return invite(place=place, email=email, role=role, actor=actor, link=link)


@contextmanager
def rolled_back():
    """A transaction that fails after all."""
    with TestCase.captureOnCommitCallbacks(execute=True), transaction.atomic():
        yield
        transaction.set_rollback(True)


def link(token):
    return f"https://portal.example/invitations/{token}/"


def actions():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_an_invitation_is_sent_by_email():
    cast = factories.cast()

    send(cast.workspace, cast.anna)

    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (
        [DANA],
        f"You've been invited to join {cast.workspace}",
    )
    assert (
        f"anna@northwind.example invited you to join {cast.workspace} as a viewer."
        in sent.body
    )
    token = sent.body.split("/invitations/")[1].split("/")[0]
    invitation = read_invitation(token)
    assert (invitation.place, invitation.email, invitation.role) == (
        cast.workspace,
        DANA,
        "viewer",
    )
    assert actions() == ["member.invited"]


def test_only_people_who_can_connect_are_invited_to_connect():
    cast = factories.cast()

    send(cast.workspace, cast.anna, role="editor")

    [sent] = mail.outbox
    assert (
        f"anna@northwind.example invited you to connect {cast.workspace} to Segment."
        in sent.body
    )


@pytest.mark.parametrize("name", ["Anna", "Ånna"])
def test_the_link_is_intact_in_the_raw_message(name):
    """Python's own limit is 78 characters per line, which would cut a copied link."""
    cast = factories.cast()
    User.objects.filter(pk=cast.anna.pk).update(name=name)
    cast.anna.refresh_from_db()

    send(cast.workspace, cast.anna)

    [sent] = mail.outbox
    url = re.search(r"https://\S+", sent.body)[0]
    raw = sent.message(policy=policy.SMTP).as_bytes().split(b"\r\n")
    assert len(url) > 78
    assert url.encode() in raw
    assert max(map(len, raw[: raw.index(b"")])) <= 78  # headers are folded


def test_a_name_with_a_line_break_adds_no_header():
    """Such names are refused now, but the database may contain older ones."""
    workspace = factories.workspace(name="Evil\nBcc: all@example.com\n\nPay here")
    anna = factories.member(workspace, "admin")
    User.objects.filter(pk=anna.pk).update(name="Anna\r\nVisit evil.example")
    anna.refresh_from_db()

    send(workspace, anna)

    [sent] = mail.outbox
    assert sent.subject == (
        "You've been invited to join Evil Bcc: all@example.com Pay here"
    )
    assert sent.body.splitlines()[0] == (
        "Anna  Visit evil.example invited you to join"
        " Evil Bcc: all@example.com  Pay here as a viewer."
    )


def test_an_invitation_is_recorded_as_sent_only_once_an_email_server_accepted_it(
    settings,
):
    cast = factories.cast()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9},
        }
    }

    made = send(cast.workspace, cast.anna)

    assert made.sent_at is None
    assert actions() == ["member.invitation_not_sent"]


def test_an_invitation_that_is_rolled_back_sends_nothing():
    cast = factories.cast()

    with rolled_back():
        invite(
            place=cast.workspace, email=DANA, role="viewer", actor=cast.anna, link=link
        )

    assert (mail.outbox, actions()) == ([], [])
    assert not Invitation.objects.exists()


def test_an_invitation_that_is_sent_again_and_rolled_back_sends_nothing():
    cast = factories.cast()
    made = send(cast.workspace, cast.anna)

    with rolled_back():
        resend_invitation(invitation=made, actor=cast.anna, link=link)

    assert (len(mail.outbox), actions()) == (1, ["member.invited"])


def test_a_resent_invitation_lasts_a_week_from_then():
    cast = factories.cast()
    made = send(cast.workspace, cast.anna)
    Invitation.objects.update(expires_at=factories.NOW - timedelta(days=900))
    made.refresh_from_db()

    with TestCase.captureOnCommitCallbacks(execute=True):
        resend_invitation(invitation=made, actor=cast.anna, link=link)

    first, second = (m.body.split("/invitations/")[1] for m in mail.outbox)
    assert read_invitation(first.split("/")[0]) == read_invitation(second.split("/")[0])
    assert actions() == ["member.invited"] * 2


def test_a_withdrawn_invitation_cannot_be_accepted():
    cast = factories.cast()
    made = send(cast.workspace, cast.anna)

    withdraw_invitation(invitation=made, actor=cast.anna)

    with pytest.raises(InvitationRefused, match="withdrawn"):
        read_invitation(token_of(made))
    assert actions() == ["member.invited", "member.invitation_withdrawn"]


@pytest.mark.parametrize(
    ("limit", "amount"),
    [(BY_PERSON, 20), (TO_PLACE, 30), (OF_PARTNER, 100), (TO_EMAIL, 5)],
)
def test_mailboxes_are_not_flooded(limit, amount):
    partner = factories.partner()
    places = [factories.workspace(partner) for _ in range(8)]
    admins = [[factories.member(place, "admin") for _ in range(3)] for place in places]
    several = {
        BY_PERSON: (1, 1),
        TO_PLACE: (1, 3),
        OF_PARTNER: (8, 3),
        TO_EMAIL: (8, 1),
    }
    used_places, used_admins = several[limit]

    def send_the(n):
        at = n % used_places
        email = DANA if limit is TO_EMAIL else f"person-{n}@example.com"
        send(places[at], admins[at][n // used_places % used_admins], email)

    for n in range(amount):
        send_the(n)
    with pytest.raises(RateLimited) as refused:
        send_the(amount)

    assert (len(mail.outbox), refused.value.limit) == (amount, limit)


def test_links_of_the_previous_release_still_work():
    """They contained everything that is in a row of the table now."""
    workspace, number = factories.workspace(), "0123456789abcdef"
    workspace.invitations.create(
        email=DANA,
        role="editor",
        number=number,
        sent_at=now(),
        expires_at=now() + GOOD_FOR,
    )

    claims = ["workspace", workspace.pk, DANA, "editor", number]
    invitation = read_invitation(signing.dumps(claims, salt=SALT))
    assert (invitation.place, invitation.email, invitation.role) == (
        workspace, DANA, "editor",
    )  # fmt: skip


def test_a_person_invited_twice_cannot_return_by_the_other_link():
    workspace, dana = factories.workspace(), factories.user(DANA)
    anna = factories.member(workspace, "admin")
    before = token_for(workspace, actor=anna)
    accept_invitation(invitation=read_invitation(token_for(workspace)), user=dana)
    # As if one had been created beside a membership.
    Invitation.objects.filter(accepted_at=None).update(withdrawn_at=None)
    remove_member(membership=workspace.memberships.get(user=dana), actor=anna)

    with pytest.raises(InvitationRefused):
        read_invitation(before)


@pytest.mark.parametrize("loss", ["removed", "demoted", "closed"])
def test_an_invitation_grants_no_more_than_its_inviter_has(loss):
    workspace = factories.workspace()
    factories.member(workspace, "admin")
    former = factories.member(workspace, "admin")
    token = token_for(workspace, role="admin", actor=former)
    membership = workspace.memberships.get(user=former)

    if loss == "removed":
        remove_member(membership=membership, actor=None)
    elif loss == "demoted":
        change_role(membership=membership, role="editor", actor=None)
    else:
        User.objects.filter(pk=former.pk).update(is_active=False)

    with pytest.raises(InvitationRefused, match="no longer invite"):
        read_invitation(token)


def test_the_partner_invites_only_while_a_workspace_has_no_admin():
    workspace = factories.workspace()
    dev = factories.partner_member(workspace.partner, "developer")
    own = token_for(workspace, dev.email, "admin", actor=dev)
    customers = token_for(workspace, role="admin", actor=dev)
    sign_up(
        invitation=read_invitation(customers), name="Dana", password=factories.PASSWORD
    )

    with pytest.raises(InvitationRefused, match="no longer invite"):
        read_invitation(own)
    with pytest.raises(MayNotInvite):
        token_for(workspace, "other@example.com", "admin", actor=dev)


def test_a_test_workspace_belongs_to_the_partner():
    workspace = factories.workspace(is_test=True)
    factories.member(workspace, "admin")
    dev = factories.partner_member(workspace.partner, "developer")

    token_for(workspace, role="viewer", actor=dev)

    assert workspace.invitations.get().invited_by == dev


@pytest.mark.parametrize("role", ["support", None])
def test_other_members_of_the_partner_cannot_invite(role):
    workspace = factories.workspace()
    person = (
        factories.partner_member(workspace.partner, role)
        if role
        else factories.partner_member(factories.partner(), "admin")
    )

    with pytest.raises(MayNotInvite):
        token_for(workspace, actor=person)
    with pytest.raises(MayNotInvite):
        token_for(workspace.partner, role="admin", actor=person)


def test_a_new_person_gets_an_account_and_joins():
    workspace = factories.workspace()
    invitation = read_invitation(token_for(workspace, " Dana@Northwind.example "))
    assert not invitation.has_account()

    dana = sign_up(invitation=invitation, name="Dana", password=factories.PASSWORD)

    assert (dana.email, dana.name, dana.is_staff) == (DANA, "Dana", False)
    assert dana.check_password(factories.PASSWORD)
    membership = workspace.memberships.get()
    assert (membership.user, membership.role) == (dana, "editor")


def test_a_person_with_an_account_signs_in_and_joins():
    partner, dana = factories.partner(), factories.user(DANA)
    invitation = read_invitation(token_for(partner, role="support"))
    assert invitation.has_account()

    with pytest.raises(HasAccount):
        sign_up(invitation=invitation, name="Eve", password="eves own password")
    accept_invitation(invitation=invitation, user=dana)

    assert partner.memberships.get().role == "support"
    dana.refresh_from_db()
    assert dana.check_password(factories.PASSWORD)


def test_an_account_without_a_password_is_completed():
    User.objects.create_user(DANA)
    invitation = read_invitation(token_for(factories.workspace()))

    dana = sign_up(invitation=invitation, name="Dana", password=factories.PASSWORD)

    assert User.objects.get() == dana
    assert dana.check_password(factories.PASSWORD)


def test_an_invitation_is_for_one_email_address():
    workspace, charlie = factories.workspace(), factories.user("charlie@fern.example")

    with pytest.raises(NotYours, match=DANA):
        accept_invitation(
            invitation=read_invitation(token_for(workspace)), user=charlie
        )

    assert not workspace.memberships.exists()


def test_an_invitation_can_be_accepted_once():
    workspace = factories.workspace()
    token = token_for(workspace)
    sign_up(invitation=read_invitation(token), name="Dana", password=factories.PASSWORD)

    with pytest.raises(InvitationRefused, match="already been used"):
        read_invitation(token)


def test_a_removed_member_cannot_return_by_an_old_invitation():
    workspace = factories.workspace()
    factories.member(workspace, "admin")
    token = token_for(workspace)
    read_before = read_invitation(token)
    dana = sign_up(invitation=read_before, name="Dana", password=factories.PASSWORD)
    remove_member(membership=workspace.memberships.get(user=dana), actor=None)

    with pytest.raises(InvitationRefused):
        read_invitation(token)
    with pytest.raises(InvitationRefused):
        accept_invitation(invitation=read_before, user=dana)

    assert not workspace.members.filter(pk=dana.pk).exists()


def test_a_new_invitation_lets_a_removed_member_return():
    workspace, dana = factories.workspace(), factories.user(DANA)
    factories.member(workspace, "admin")
    accept_invitation(invitation=read_invitation(token_for(workspace)), user=dana)
    remove_member(membership=workspace.memberships.get(user=dana), actor=None)

    accept_invitation(invitation=read_invitation(token_for(workspace)), user=dana)

    assert workspace.members.filter(pk=dana.pk).exists()


def test_a_new_invitation_replaces_the_former_one():
    workspace, dana = factories.workspace(), factories.user(DANA)
    first, second = token_for(workspace), token_for(workspace)

    with pytest.raises(InvitationRefused, match="newer one"):
        read_invitation(first)
    accept_invitation(invitation=read_invitation(second), user=dana)


def test_an_invitation_expires():
    token = token_for(factories.workspace())

    Invitation.objects.update(expires_at=now())

    with pytest.raises(InvitationRefused, match="expired"):
        read_invitation(token)


def test_a_forged_link_is_refused():
    token = token_for(factories.workspace())

    for forged in ("", "x", token[:-1], "x" + token, token.replace(":", "::", 1)):
        with pytest.raises(InvitationRefused, match="incomplete"):
            read_invitation(forged)


def test_an_invitation_to_a_deleted_place_cannot_be_accepted():
    workspace = factories.workspace()
    token = token_for(workspace)
    with entries_may_go():
        AuditEntry.objects.all().delete()
    workspace.delete()

    with pytest.raises(InvitationRefused, match="no longer exists"):
        read_invitation(token)


def test_members_and_invalid_roles_are_not_invited():
    cast = factories.cast()

    with pytest.raises(AlreadyMember):
        token_for(cast.workspace, "ALICE@northwind.example")
    with pytest.raises(NoSuchRole):
        token_for(cast.workspace, role="support")


def test_an_invitation_to_a_removed_workspace_is_refused():
    cast = factories.cast()
    gone = factories.workspace(cast.partner)
    sent = send(gone, cast.dev, role="admin")
    Workspace.objects.filter(pk=gone.pk).delete()

    with pytest.raises(PlaceRemoved):
        make_invitation(place=gone, email=DANA, role="admin", actor=None)
    with pytest.raises(PlaceRemoved):
        resend_invitation(invitation=sent, actor=cast.dev, link=link)

    assert len(mail.outbox) == 1


def test_an_invitation_to_a_workspace_that_was_removed_is_refused():
    gone, dana = factories.workspace(), factories.user(DANA)
    invitation = read_invitation(token_for(gone))
    Workspace.objects.filter(pk=gone.pk).delete()

    with pytest.raises(InvitationRefused, match="no longer exists"):
        accept_invitation(invitation=invitation, user=dana)
