"""The first steps of a new customer: connect, test, verify, and give a colleague access.

Derived from facts, so no one checks boxes. It disappears when everything is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.portal.status.actions import Action
from streams.tenancy.models import PartnerMembership

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.portal.shared.access import WorkspaceAccess
    from streams.portal.status.loading import FeedStatus
    from streams.tenancy.models import Workspace

# An invitation is suggested for this long after the connection was created.
SUGGEST_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStep:
    """One step, and the page where it is done."""

    title: str
    is_done: bool
    page: str
    can_start: bool = True  # an earlier step isn't needed for it, or is done
    detail: str = ""  # how far it is, if the mark alone doesn't say it


def setup_steps(access: WorkspaceAccess, found: FeedStatus) -> list[SetupStep]:
    """Return all steps; empty: all are done, others come first, or the reader can't act."""
    if access.partner_role or not access.can_edit:
        return []
    steps = _of_connection(found)
    verified = all(step.is_done for step in steps)
    if not verified and found.status.primary not in (Action.CONNECT, Action.VERIFY):
        return []
    if access.can_administer:
        steps.append(_of_colleagues(access.workspace, found.now))
    if all(step.is_done for step in steps) or (verified and not _is_new(found)):
        return []
    return steps


def _of_connection(found: FeedStatus) -> list[SetupStep]:
    connection = found.connection
    facts = {
        _("Connect your Segment source"): connection,
        _("Send a test event"): connection and connection.test_sent_at,
        _("Confirm that the test event arrived"): connection
        and connection.seen_at
        and not connection.is_key_unknown,
    }
    steps: list[SetupStep] = []
    for title, fact in facts.items():
        can_start = all(step.is_done for step in steps)
        steps.append(
            SetupStep(
                title=title, is_done=bool(fact), page="connection", can_start=can_start
            )
        )
    return steps


def _of_colleagues(workspace: Workspace, moment: datetime) -> SetupStep:
    """Return the step that is done once a second person of the customer has joined.

    People of the partner and of the operator may be members, too, but are no colleagues.
    """
    of_partner = PartnerMembership.objects.filter(partner=workspace.partner_id)
    members = workspace.memberships.exclude(user__in=of_partner.values("user"))
    others = members.exclude(user__is_staff=True).count() - 1
    detail = ""
    if others > 0:
        text = ngettext(
            "%(people)s colleague has joined.",
            "%(people)s colleagues have joined.",
            others,
        )
        detail = text % {"people": others}
    elif pending := _pending(workspace, of_partner, moment):
        text = ngettext(
            "%(people)s invitation hasn't been accepted yet.",
            "%(people)s invitations haven't been accepted yet.",
            pending,
        )
        detail = text % {"people": pending}
    return SetupStep(
        title=_("Give a colleague access"),
        is_done=others > 0,
        page="members",
        detail=detail,
    )


def _pending(
    workspace: Workspace, of_partner: QuerySet[PartnerMembership], moment: datetime
) -> int:
    """Return how many invitations of colleagues can still be accepted."""
    invited = workspace.invitations.filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=moment
    )
    return invited.exclude(email__in=of_partner.values("user__email")).count()


def _is_new(found: FeedStatus) -> bool:
    return bool(
        found.connection and found.connection.created_at > found.now - SUGGEST_FOR
    )
