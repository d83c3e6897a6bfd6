"""The first steps of a new customer: connect, test, verify, and invite a colleague.

Derived from facts, so no one checks boxes. It disappears when everything is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.portal.status.actions import Action
from streams.tenancy.models import PartnerMembership

if TYPE_CHECKING:
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


def setup_steps(access: WorkspaceAccess, found: FeedStatus) -> list[SetupStep]:
    """Return all steps; empty: all are done, others come first, or the reader can't act."""
    if access.partner_role or not access.can_edit:
        return []
    steps = _of_connection(found)
    verified = all(step.is_done for step in steps)
    if not verified and found.status.primary not in (Action.CONNECT, Action.VERIFY):
        return []
    if access.can_administer:
        invite = _("Invite a colleague")
        done = _has_colleague(access.workspace)
        steps.append(SetupStep(title=invite, is_done=done, page="members"))
    if all(step.is_done for step in steps) or (verified and not _is_new(found)):
        return []
    return steps


def _of_connection(found: FeedStatus) -> list[SetupStep]:
    connection = found.connection
    facts = {
        _("Connect your Segment source"): connection,
        _("Send a test event"): connection and connection.test_sent_at,
        _("Confirm that the test event arrived"): connection and connection.seen_at,
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


def _has_colleague(workspace: Workspace) -> bool:
    """Whether a second person of the customer has joined or is invited.

    The partner's own people may be members, too, but they are no colleagues.
    """
    partner = workspace.partner_id
    invited = workspace.invitations.filter(accepted_at=None, withdrawn_at=None)
    of_partner = PartnerMembership.objects.filter(partner=partner)
    members = workspace.memberships.exclude(user__in=of_partner.values("user"))
    emails = of_partner.values("user__email")
    return members.count() > 1 or invited.exclude(email__in=emails).exists()


def _is_new(found: FeedStatus) -> bool:
    return bool(
        found.connection and found.connection.created_at > found.now - SUGGEST_FOR
    )
