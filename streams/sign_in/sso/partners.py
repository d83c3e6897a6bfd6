"""Whom a partner's provider signs in, and the roles that it gives them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from streams.base.clock import now
from streams.sign_in.sso.domains import domains_of
from streams.sign_in.sso.refusals import Refusal, SsoRefused
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.invitations import (
    InvitationRefused,
    accept_invitation,
    check_open,
)
from streams.tenancy.members import ADMIN, LastAdmin, change_role
from streams.tenancy.models import PartnerMembership, User
from streams.tenancy.users import EmailTaken, create_user

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from streams.sign_in.sso.claims import Identity
    from streams.sign_in.sso.models import SsoProvider

log = structlog.get_logger()


@transaction.atomic
def member_with(provider: SsoProvider, identity: Identity) -> User:
    """Return the account of a person whom a partner's provider vouches for.

    An invited person gets an account, and joins the partner's team if the invitation is to
    it. Raises SsoRefused.
    """
    _check_domain(provider, identity)
    user = User.objects.filter(email=identity.email).first()
    invitations = _valid_invitations(identity.email)
    if user is None:
        if not invitations:
            raise SsoRefused(Refusal.NO_ACCESS)
        user = _new_user(identity)
    elif user.is_staff:
        raise SsoRefused(Refusal.IS_OPERATOR)
    elif not user.is_active:
        raise SsoRefused(Refusal.INACTIVE)
    elif not invitations and not _is_member(user):
        raise SsoRefused(Refusal.NO_ACCESS)
    for invitation in invitations:
        if invitation.partner_id == provider.partner_id:
            with suppress(InvitationRefused):  # accepted in another tab just now
                accept_invitation(invitation=invitation, user=user)
    _apply_role(provider, user, identity.claims)
    return user


def check_admin(provider: SsoProvider, identity: Identity) -> None:
    """Check that an admin of the partner could sign in. Changes nothing. Raises SsoRefused."""
    _check_domain(provider, identity)
    admins = provider.partner.memberships.filter(
        role=ADMIN,
        user__email=identity.email,
        user__is_active=True,
        user__is_staff=False,
    )
    if not admins.exists():
        raise SsoRefused(Refusal.NOT_ADMIN)


def role_from(provider: SsoProvider, claims: Mapping[str, Any]) -> str:
    """Return the role that the claims give, the highest first; empty: leave it unchanged."""
    if not provider.role_claim:
        return ""
    sent = claims.get(provider.role_claim)
    values = {str(value) for value in (sent if isinstance(sent, list) else [sent])}
    for role in PartnerMembership.Role.values:
        if values.intersection(provider.role_values.get(role, ())):
            return str(role)
    return provider.default_role


def _apply_role(provider: SsoProvider, user: User, claims: Mapping[str, Any]) -> None:
    role = role_from(provider, claims)
    membership = provider.partner.memberships.filter(user=user).first()
    if membership is None or not role or role == membership.role:
        return
    try:
        change_role(membership=membership, role=role, actor=user)
    except LastAdmin:  # a team must keep an admin, whatever the provider says
        log.warning("sso.last_admin_kept", partner=provider.partner.slug)


def _check_domain(provider: SsoProvider, identity: Identity) -> None:
    if identity.domain not in domains_of(provider.partner):
        raise SsoRefused(Refusal.FOREIGN_DOMAIN)


def _is_member(user: User) -> bool:
    return user.partner_memberships.exists() or user.workspace_memberships.exists()


def _valid_invitations(email: str) -> list[Invitation]:
    """Return the person's invitations that a link could still accept."""
    rows = Invitation.objects.filter(
        email=email, accepted_at=None, withdrawn_at=None, expires_at__gt=now()
    ).select_related("partner", "workspace__partner", "invited_by")
    return [invitation for invitation in rows if _is_valid(invitation)]


def _is_valid(invitation: Invitation) -> bool:
    try:
        check_open(invitation)
    except InvitationRefused:
        return False
    return True


def _new_user(identity: Identity) -> User:
    try:
        return create_user(email=identity.email, name=identity.name, actor=None)
    except EmailTaken:  # in another tab, at the same time
        raise SsoRefused(Refusal.STATE) from None
