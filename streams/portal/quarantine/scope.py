"""The events in quarantine that a page covers: of one workspace, or of a whole stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, QueryDict

from streams.events import quarantine
from streams.portal.shared.access import PartnerAccess, WorkspaceAccess
from streams.portal.shared.navigation_tags import to, within
from streams.portal.shared.partner_feeds import feeds_to_see
from streams.sign_in.second_factor.workspaces import check_second_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.catalog.models import Stream
    from streams.events.models import Feed
    from streams.portal.shared.access import PortalRequest
    from streams.tenancy.models import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineScope:
    """The feeds that a page covers, its URLs, and whether the user may resolve events."""

    access: WorkspaceAccess | PartnerAccess
    stream: Stream
    feeds: Sequence[Feed]
    may_decide: bool
    workspace: Workspace | None  # None: all workspaces of the stream

    @property
    def ids(self) -> list[int]:
        return [feed.pk for feed in self.feeds]

    @property
    def feed(self) -> Feed | None:
        """The only feed; None for all feeds of a stream."""
        return self.feeds[0] if self.workspace is not None and self.feeds else None

    @property
    def total(self) -> int:
        """The number of events in quarantine, counted under the feeds' locks."""
        return sum(feed.quarantined for feed in self.feeds)

    @property
    def layout(self) -> str:
        name = "workspace" if isinstance(self.access, WorkspaceAccess) else "partner"
        return f"portal/layouts/{name}.html"

    @property
    def query(self) -> dict[str, str]:
        """Query parameters that keep links in this scope."""
        if isinstance(self.access, WorkspaceAccess):
            return self.access.query
        return {"workspace": self.workspace.public_id} if self.workspace else {}

    @property
    def home(self) -> str:
        """The list of these events."""
        return self.url("quarantine")

    def url(self, page: str, *args: object, **query: object) -> str:
        """Return the URL of a page of the quarantine, in this scope; None: no parameter."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        if isinstance(self.access, WorkspaceAccess):
            return to(self.access, page, *args, **given)
        name = f"partner-stream-{page}"
        path = within(self.access, name, self.stream.slug, *args)
        both = QueryDict(mutable=True)
        both.update({**self.query, **given})
        return f"{path}?{both.urlencode()}" if both else path


def of_workspace(access: WorkspaceAccess) -> QuarantineScope:
    """Return the scope of the feed that the page shows."""
    return QuarantineScope(
        access=access,
        stream=access.the_feed.stream,
        feeds=[access.the_feed],
        may_decide=access.can_edit,
        workspace=access.workspace,
    )


def of_stream(
    request: PortalRequest, access: PartnerAccess, stream: Stream
) -> QuarantineScope:
    """Return the scope of all feeds of a stream, or of the workspace in the query.

    Without those of workspaces that require a second factor that the session lacks. Raises
    SecondFactorMissing for such a workspace, and Http404 for one without a feed in the stream.
    """
    related = stream.feeds.select_related("workspace__partner", "stream")
    wanted = request.GET.get("workspace")
    if wanted:
        found = list(related.filter(workspace__public_id=wanted).order_by("pk"))
        if not found:
            raise Http404
        check_second_factor(request, request.user, found[0].workspace)
    else:
        full = related.filter(pk__in=quarantine.feeds_with_some(stream.pk))
        found = list(full.filter(pk__in=feeds_to_see(request, access)).order_by("pk"))
    return QuarantineScope(
        access=access,
        stream=stream,
        feeds=found,
        may_decide=access.can_develop,
        workspace=found[0].workspace if wanted else None,
    )
