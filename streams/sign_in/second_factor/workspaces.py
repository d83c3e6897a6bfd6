"""Workspaces that require a second factor of everyone who opens their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.base.email import message, send_soon
from streams.base.text.validation import one_line
from streams.sign_in.second_factor.sessions import has_factor, used_second_factor
from streams.tenancy.members import lock_place
from streams.tenancy.models import Workspace

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from streams.tenancy.models import User


class SecondFactorMissing(Exception):
    """This session may open the page only after a second factor."""


class NoFactor(ValueError):
    """The person has no second factor, which they would require of others."""


def check_second_factor(request: HttpRequest, user: User, workspace: Workspace) -> None:
    """Raise SecondFactorMissing if the workspace requires a factor that the session lacks.

    An operator who views the portal as the user has used their own.
    """
    if workspace.second_factor_required_at and not opens_all_workspaces(request, user):
        raise SecondFactorMissing


def opens_all_workspaces(request: HttpRequest, user: User) -> bool:
    """Whether the session may also see workspaces that require a second factor."""
    return bool(request.__dict__.get("impersonation")) or used_second_factor(
        request, user
    )


def closed_workspaces(user: User) -> QuerySet[Workspace]:
    """Return the workspaces that require a factor, of those that the user may otherwise see."""
    own = user.workspace_memberships.values("workspace")
    partners = user.partner_memberships.values("partner")
    mine = Workspace.objects.filter(Q(pk__in=own) | Q(partner__in=partners))
    return mine.filter(second_factor_required_at__isnull=False)


@transaction.atomic
def require_second_factor(*, workspace: Workspace, actor: User, url: str) -> None:
    """Require a second factor in a workspace, and email its members.

    `url` is the workspace's page for the email. Raises NoFactor, PlaceRemoved.
    """
    if not has_factor(actor):
        raise NoFactor(
            _(
                "Set up two-factor authentication for your own account first. You would"
                " lose access to the workspace otherwise."
            )
        )
    lock_place(workspace)
    rows = type(workspace).objects.filter(pk=workspace.pk)
    # In one UPDATE: of two admins who require it at the same time, one changes the row.
    at = now()
    if not rows.filter(second_factor_required_at=None).update(
        second_factor_required_at=at
    ):
        return
    workspace.second_factor_required_at = at
    record("workspace.second_factor_required", actor=actor, workspace=workspace)
    emails = _emails(workspace, actor, url)
    transaction.on_commit(lambda: _send(emails))


@transaction.atomic
def make_second_factor_optional(*, workspace: Workspace, actor: User) -> None:
    """Open a workspace again for members without a second factor. Raises PlaceRemoved."""
    lock_place(workspace)
    rows = type(workspace).objects.filter(pk=workspace.pk)
    required = rows.filter(second_factor_required_at__isnull=False)
    if required.update(second_factor_required_at=None):
        workspace.second_factor_required_at = None
        record("workspace.second_factor_optional", actor=actor, workspace=workspace)


def is_in_such_a_workspace(user: User) -> bool:
    """Whether a workspace of which the user is a member requires a second factor."""
    required = {"workspace__second_factor_required_at__isnull": False}
    return user.workspace_memberships.filter(**required).exists()


def _emails(workspace: Workspace, actor: User, url: str) -> list[EmailMessage]:
    """Return one email for each other member: it says who required it."""
    names = {"place": one_line(str(workspace)), "actor": actor}
    paragraphs = [
        _("%(actor)s now requires two-factor authentication in %(place)s."),
        _(
            "If you don't use it yet, the portal asks you to set it up the next time that you"
            " open the workspace. It takes about a minute. Have your phone or a passkey at"
            " hand."
        ),
        url.replace("%", "%%"),
        _("Your other workspaces stay as they are."),
        _("Partner Portal"),
    ]
    body = ("\n\n".join(paragraphs) + "\n") % names
    subject = _("%(place)s now requires two-factor authentication") % names
    others = workspace.memberships.filter(user__is_active=True).exclude(user=actor)
    to = others.order_by("pk").values_list("user__email", flat=True)
    return [message(subject, body, [email]) for email in to]


def _send(emails: list[EmailMessage]) -> None:
    for email in emails:
        send_soon(email, about="second_factor_required")
