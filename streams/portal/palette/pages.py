"""The pages that the search box finds: those of the current workspace or partner, and the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from streams.portal.shared.access import WorkspaceAccess
from streams.portal.shared.navigation_tags import to, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.portal.shared.access import PartnerAccess

type Page = tuple[str, str]  # label, URL


def pages_of(access: WorkspaceAccess | PartnerAccess | None) -> Iterator[Page]:
    """Yield the pages that a user with this access may open."""
    if isinstance(access, WorkspaceAccess):
        yield from _of_workspace(access)
    elif access is not None:
        yield from _of_partner(access)
    yield _("Profile"), reverse("portal:profile")
    yield _("Change password"), reverse("account_change_password")
    yield _("Two-factor authentication"), reverse("mfa_index")
    yield _("Sessions"), reverse("usersessions_list")
    yield _("Docs"), reverse("docs:index")


def _of_workspace(access: WorkspaceAccess) -> Iterator[Page]:
    yield _("Overview"), to(access, "overview")
    if access.feed:
        yield _("Events"), to(access, "events")
        yield _("Live tail"), to(access, "tail")
        yield _("Delivery attempts"), to(access, "attempts")
        yield _("Replays"), to(access, "replays")
        yield _("Issues"), to(access, "issues")
        yield _("Quarantine"), to(access, "quarantine")
        yield _("Connection"), to(access, "connection")
        yield _("Receive from Segment"), to(access, "receive")
        yield _("Identity"), to(access, "identity")
        yield _("Usage"), to(access, "usage")
        yield _("Privacy"), to(access, "privacy")
        yield _("Alerts"), to(access, "alerts")
        if access.can_edit:
            yield _("New replay"), to(access, "replay-new")
    if access.can_administer:
        yield _("Webhooks"), to(access, "webhooks")
    yield _("Members"), to(access, "members")
    if access.can_administer:
        yield _("Activity log"), to(access, "activity")


def _of_partner(access: PartnerAccess) -> Iterator[Page]:
    yield _("Workspaces"), within(access, "partner")
    yield _("Find events"), within(access, "partner-events")
    yield _("Live tail"), within(access, "partner-tail")
    yield _("Streams"), within(access, "partner-streams")
    yield _("Alerts"), within(access, "partner-alerts")
    yield _("Requests"), within(access, "partner-requests")
    yield _("API tokens"), within(access, "partner-tokens")
    yield _("Members"), within(access, "partner-members")
    yield _("Activity log"), within(access, "partner-activity")
    if access.can_develop:
        yield _("New workspace"), within(access, "partner-workspace-new")
    if access.can_administer:
        yield _("Webhooks"), within(access, "partner-webhooks")
        yield _("Single sign-on"), within(access, "partner-sso")
        yield _("New stream"), within(access, "partner-stream-new")


def tabs_of_stream() -> Iterator[tuple[str, str]]:
    """Yield the label and the URL name of each page of a stream, as in its tabs."""
    yield _("Overview"), "partner-stream-overview"
    yield _("Launch checklist"), "partner-stream-launch"
    yield _("Plan"), "partner-stream-plan"
    yield _("Docs"), "partner-stream-docs"
    yield _("Send events"), "partner-stream-send"
    yield _("QA"), "partner-stream-qa"
    yield _("Issues"), "partner-stream-issues"
    yield _("Quarantine"), "partner-stream-quarantine"
    yield _("Settings"), "partner-stream"
