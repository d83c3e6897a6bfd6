"""The results of the search box. Every query starts from the tenants that the user may see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.catalog.models import Stream
from streams.events.message_lookup import find_message
from streams.events.models import Feed
from streams.events.retention.past_retention import oldest_retained
from streams.portal.palette.pages import pages_of, tabs_of_stream
from streams.portal.shared.access import WorkspaceAccess
from streams.portal.shared.navigation import tenants_of
from streams.portal.shared.navigation_tags import first_page_of, of_feed, to, within
from streams.tenancy.models import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from streams.events.message_lookup import FoundMessage
    from streams.portal.shared.access import PartnerAccess
    from streams.tenancy.models import User

MAX_QUERY = 100  # characters
MOST = 6  # results of one kind
MOST_WITH_TABS = 5  # streams of a partner whose pages are found
_RULE_ID = re.compile(r"[A-Z]+(-[A-Z]+)+-[0-9]{3}")


@dataclass(frozen=True, slots=True)
class SearchResult:
    label: str
    href: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ResultGroup:
    """Results of one kind."""

    title: StrOrPromise
    results: list[SearchResult]


def results_for(
    query: str,
    user: User,
    access: WorkspaceAccess | PartnerAccess | None,
    docs: list[SearchResult],
    *,
    opens_all: bool,
) -> list[ResultGroup]:
    """Return what matches, by kind; an empty query matches the pages of the access.

    Without a second factor, events of workspaces that require one are left out.
    """
    visible = _VisibleTenants(user, opens_all=opens_all)
    groups = [
        ResultGroup(gettext_lazy("Events"), list(_events(query, visible, access))),
        ResultGroup(gettext_lazy("Pages"), list(_pages(query, access))),
        ResultGroup(gettext_lazy("Workspaces"), list(_workspaces(query, visible))),
        ResultGroup(gettext_lazy("Streams"), list(_streams(query, visible))),
        ResultGroup(gettext_lazy("Pages of streams"), list(_tabs(query, access))),
        ResultGroup(gettext_lazy("Docs"), docs[:MOST]),
    ]
    filters = ResultGroup(gettext_lazy("Find events"), list(_filters(query, access)))
    # The first result is selected. Sections of the docs match a part of nearly any ID.
    groups.insert(len(groups) - 1 if _is_like_id(query) else len(groups), filters)
    return [group for group in groups if group.results]


def _is_like_id(query: str) -> bool:
    """Whether a text is like an email or an ID, and not like words or the ID of a rule."""
    if " " in query or _RULE_ID.fullmatch(query):
        return False
    return any(character.isdigit() or character in "@_|" for character in query)


class _VisibleTenants:
    """The partners and workspaces that a user is a member of."""

    def __init__(self, user: User, *, opens_all: bool) -> None:
        self._opens_all = opens_all
        tenants = tenants_of(user)
        self.partners = [partner.pk for partner in tenants.partners]
        own = [workspace.pk for workspace in tenants.workspaces]
        self.workspaces: QuerySet[Workspace] = Workspace.objects.filter(
            Q(partner__in=self.partners) | Q(pk__in=own)
        )

    def feeds(self, access: WorkspaceAccess | PartnerAccess | None) -> QuerySet[Feed]:
        """Return the feeds of the current workspace or partner; without one, all."""
        if isinstance(access, WorkspaceAccess):
            return Feed.objects.filter(workspace=access.workspace)
        feeds = Feed.objects.all()
        if not self._opens_all:
            feeds = feeds.filter(workspace__second_factor_required_at=None)
        if access is not None:
            return feeds.filter(workspace__partner=access.partner)
        return feeds.filter(workspace__in=self.workspaces)


def _events(
    query: str,
    visible: _VisibleTenants,
    access: WorkspaceAccess | PartnerAccess | None,
) -> Iterator[SearchResult]:
    if not query:
        return
    if isinstance(access, WorkspaceAccess) and access.feed:
        number = int(query) if query.isascii() and query.isdigit() else 0
        if oldest_retained(access.feed) <= number <= access.feed.head_seq:
            label = _("Event number %(number)s") % {"number": f"{number:,}"}
            yield SearchResult(label, to(access, "event", number))
    for found in find_message(visible.feeds(access), query, limit=MOST):
        yield _message(found, query)


def _message(found: FoundMessage, message_id: str) -> SearchResult:
    """Return the link to an event, or to a search for one that isn't where it was stored."""
    feed, event, held = found.feed, found.event, found.quarantined
    workspace, detail = feed.workspace, feed.workspace.name
    if event is not None:
        page = of_feed(workspace, feed, "event", event.seq)
        name = event.name or event.type
    elif held is not None:
        page = of_feed(workspace, feed, "quarantined-event", held.pk)
        name = held.name or held.type
        detail = _("%(workspace)s, in quarantine") % {"workspace": detail}
    else:
        page = of_feed(workspace, feed, "events", message_id=message_id)
        name = _("Search all events for this messageId")
    return SearchResult(name, page, detail)


def _filters(
    query: str, access: WorkspaceAccess | PartnerAccess | None
) -> Iterator[SearchResult]:
    """Yield lists of events that the query filters: the last results, without a search."""
    if not query or access is None:
        return
    if not isinstance(access, WorkspaceAccess):
        args, label = [access.partner.slug], _("Find events of %(value)s")
        href = reverse("portal:partner-events", args=args, query={"user_id": query})
        yield SearchResult(label % {"value": query}, href)
        return
    if not access.feed:
        return
    if "@" in query:
        label = _("Events with the email %(value)s") % {"value": query}
        yield SearchResult(label, to(access, "events", email=query))
        label = _("Events with the userId %(value)s")
    else:
        label = _("Find events of %(value)s")
    yield SearchResult(label % {"value": query}, to(access, "events", user_id=query))


def _pages(
    query: str, access: WorkspaceAccess | PartnerAccess | None
) -> Iterator[SearchResult]:
    for label, href in pages_of(access):
        if _matches(query, label):
            yield SearchResult(label, href)


def _matches(query: str, label: str) -> bool:
    """Whether each word of the query starts a word of the label."""
    parts = label.casefold().split()
    return all(
        any(part.startswith(word) for part in parts)
        for word in query.casefold().split()
    )


def _workspaces(query: str, visible: _VisibleTenants) -> Iterator[SearchResult]:
    if not query:
        return
    named = Q(name__icontains=query) | Q(external_id__istartswith=query)
    found = visible.workspaces.filter(named).select_related("partner").order_by("name")
    for workspace in found[:MOST]:
        href = reverse("portal:overview", args=(workspace.public_id,))
        detail = (
            workspace.external_id
            if workspace.partner_id in visible.partners
            else workspace.partner.name
        )
        yield SearchResult(workspace.name, href, detail)


def _tabs(
    query: str, access: WorkspaceAccess | PartnerAccess | None
) -> Iterator[SearchResult]:
    """Yield the pages of each stream of the current partner, if it has few streams."""
    if not query or access is None or isinstance(access, WorkspaceAccess):
        return
    streams = list(access.partner.streams.order_by("name")[: MOST_WITH_TABS + 1])
    if len(streams) > MOST_WITH_TABS:
        return
    for stream in streams:
        for label, page in tabs_of_stream():
            if _matches(query, f"{label} {stream.name}"):
                yield SearchResult(
                    label, within(access, page, stream.slug), stream.name
                )


def _streams(query: str, visible: _VisibleTenants) -> Iterator[SearchResult]:
    if not query or not visible.partners:
        return
    named = Q(name__icontains=query) | Q(slug__istartswith=query)
    found = Stream.objects.filter(named, partner__in=visible.partners)
    for stream in found.select_related("partner").order_by("name")[:MOST]:
        args = (stream.partner.slug, stream.slug)
        href = reverse(f"portal:{first_page_of(stream)}", args=args)
        yield SearchResult(stream.name, href, str(stream.get_stage_display()))
