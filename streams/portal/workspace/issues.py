"""Issues of the last seven days by fault, for a workspace or all workspaces of a stream."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.catalog.validation.rules import RULES
from streams.events import quarantine
from streams.observability.issues import queries
from streams.observability.issues.faults import GRAVEST_FIRST, Fault, faults
from streams.observability.issues.queries import IssueScope
from streams.portal.chart.layout import Bar, small_bars
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    WorkspaceAccess,
    partner_to_see,
    signed_in,
    stream_of,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import of_feed, to, within
from streams.portal.shared.plan_links import PlanLinks
from streams.portal.shared.saved_filters import saved_bar
from streams.portal.shared.way_back import opened_from
from streams.portal.workspace.annotated_json import SEVERITIES, TONES
from streams.portal.workspace.forms import IssueFilterForm
from streams.portal.workspace.issue_shares import NameEstimates, Shares
from streams.portal.workspace.issue_spread import Spread
from streams.portal.workspace.json_text import highlighted
from streams.portal.workspace.quarantined import HeldByIssue
from streams.publishing.page_data import profile_of
from streams.spec.call_structure import CALLS
from streams.spec.issues import Severity
from streams.spec.rules import is_always_rejected
from streams.spec.validation_modes import ValidationMode, stricter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpResponse

    from streams.catalog.models import Stream
    from streams.events.models import Feed
    from streams.observability.issues.models import IssueKind
    from streams.observability.issues.queries import IssueSpread

BLOCKING = {ValidationMode.QUARANTINE, ValidationMode.REJECT}
MOST_FAULTS = 50  # shown at once
MOST_WORKSPACES = 100
PLURALS = {
    Severity.ERROR: _("Errors"),
    Severity.WARNING: _("Warnings"),
    Severity.HINT: _("Hints"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesPage:
    """The subject of the page, its URLs, and the validation mode in force."""

    access: WorkspaceAccess | PartnerAccess
    stream: Stream
    scope: IssueScope
    feed: Feed | None  # None: all feeds of the stream
    mode: ValidationMode

    @property
    def layout(self) -> str:
        name = "workspace" if isinstance(self.access, WorkspaceAccess) else "partner"
        return f"portal/layouts/{name}.html"

    @property
    def quarantine(self) -> str:
        if isinstance(self.access, WorkspaceAccess):
            # Without a query: the template adds the page's own.
            return reverse("portal:quarantine", args=[self.access.workspace.public_id])
        return within(self.access, "partner-stream-quarantine", self.stream.slug)

    @property
    def requests(self) -> str:
        """The URL of the partner's requests; empty for people who may not see them."""
        access = self.access
        if isinstance(access, PartnerAccess):
            return within(access, "partner-requests")
        slug = access.workspace.partner.slug if access.partner_role else ""
        return reverse("portal:partner-requests", args=[slug]) if slug else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """A fault as the page shows it."""

    fault: Fault
    title: str
    bars: Sequence[Bar]
    sample: SafeString | str
    events: str  # the URL of the list of these events; empty: there is none
    workspaces: int  # with this fault; 0 on the page of a workspace
    affected: str  # the URL of their list
    learn: str  # the URL that adds the event to the plan; empty: the plan can't have it
    edit: str  # the URL that edits the event in the plan; empty: it isn't there
    shares: Shares  # of the events of that name
    held: int  # events of that name in quarantine, because of `held_by`
    held_by: str  # a rule
    is_refused: bool  # in every mode, so such events aren't stored

    @property
    def tone(self) -> str:
        return TONES[self.fault.severity]

    @property
    def label(self) -> str:
        """The translated severity."""
        return str(SEVERITIES[self.fault.severity])


@signed_in
def workspace_issues(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the issues of the workspace's feed."""
    access = workspace_to_see(request, public_id)
    feed = access.the_feed
    mode = stricter(
        ValidationMode(feed.stream.check_mode),
        ValidationMode(access.workspace.check_mode),
    )
    page = IssuesPage(
        access=access,
        stream=feed.stream,
        scope=IssueScope(feed_id=feed.pk),
        feed=feed,
        mode=mode,
    )
    return _show(request, page)


@signed_in
def stream_issues(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show the issues of all workspaces of the stream."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    page = IssuesPage(
        access=access,
        stream=stream,
        scope=IssueScope(stream_id=stream.pk),
        feed=None,
        mode=ValidationMode(stream.check_mode),
    )
    return _show(request, page)


def _show(request: PortalRequest, page: IssuesPage) -> HttpResponse:
    moment = now()
    groups = queries.issue_groups(page.scope, moment)
    all_faults = faults(groups)
    form = IssueFilterForm(request.GET, suggestions=_suggestions(all_faults))
    wanted = form.values
    is_valid = form.is_valid()
    found = [fault for fault in all_faults if is_valid and _matches(fault, wanted)]
    shown = found if "all" in request.GET else found[:MOST_FAULTS]
    counts = Counter[Severity]()
    for fault in all_faults:
        counts[fault.severity] += fault.week
    context: dict[str, object] = {
        "access": page.access,
        "stream": page.stream,
        "page": page,
        "support_email": profile_of(page.stream).support_email,
        "has_plan": page.stream.plan_versions.published().exists(),
        "form": form,
        "filters": [(s, PLURALS[s], counts[s]) for s in GRAVEST_FIRST],
        "all": sum(counts.values()),
        "rows": (rows := _rows(page, shown, moment)),
        "is_only_match": form.is_filtered and len(rows) == 1,
        "has_shares": any(row.shares.week is not None for row in rows),
        "more": len(found) - len(shown),
        "others": sum(group.week for group in groups if not group.kind.rule),
        "affected": _affected(page, wanted, moment),
        "of_stream": _of_stream(request, page),
    }
    if isinstance(page.access, WorkspaceAccess):
        context["saved"] = saved_bar(request, page.access, "issues", form)
    return render(request, "portal/shared/issues.html", context)


def _of_stream(request: PortalRequest, page: IssuesPage) -> str:
    """Return the stream's page of issues, as it was left; empty: not for this person."""
    if not (isinstance(page.access, WorkspaceAccess) and page.access.partner_role):
        return ""
    args = [page.access.workspace.partner.slug, page.stream.slug]
    url = reverse("portal:partner-stream-issues", args=args)
    return opened_from(request, url) or url


def _suggestions(found: Sequence[Fault]) -> dict[str, list[str]]:
    return {
        "rule": [rule for fault in found for rule in fault.rules],
        "name": [fault.kind.name for fault in found],
    }


def _matches(fault: Fault, wanted: dict[str, str]) -> bool:
    return (
        wanted.get("severity", fault.severity) == fault.severity
        and wanted.get("rule", fault.rules[0]) in fault.rules
        and wanted.get("name", fault.kind.name) == fault.kind.name
    )


def _rows(page: IssuesPage, shown: Sequence[Fault], at: datetime) -> list[FaultRow]:
    # Of a whole stream, nothing is estimated.
    names = NameEstimates.load(page.feed, at) if page.feed and shown else None
    spread = Spread.of(shown) if page.feed is None else Spread()
    held = _held(page)
    plan = PlanLinks.load(page.access, page.stream)
    rows = []
    for fault in shown:
        count, held_by = held.of(fault.kind.name, fault.rules)
        kind, is_error = fault.kind, fault.severity == Severity.ERROR
        rule, sample = RULES.get(kind.rule), kind.sample
        is_blocked = is_error and page.mode in BLOCKING
        widest, affected = spread.widest(fault)
        rows.append(
            FaultRow(
                fault=fault,
                title=rule.title if rule else kind.rule,
                bars=small_bars(fault.by_hour, "rejected" if is_error else "delivered"),
                sample=highlighted(sample.encode()) if sample else "",
                events=_events(fault, page, affected, at),
                workspaces=affected.feeds if affected else 0,
                held=count,
                held_by=held_by,
                is_refused=is_always_rejected(kind.rule),
                affected=urlencode({"rule": widest.rule, "name": kind.name}),
                learn=plan.learn(kind.name, fault.rules),
                edit=plan.edit(kind.name, fault.rules),
                shares=names.shares(fault, is_blocked=is_blocked)
                if names
                else Shares(),
            )
        )
    return rows


def _events(
    fault: Fault, page: IssuesPage, affected: IssueSpread | None, at: datetime
) -> str:
    """Return the URL of the events with the fault; empty: they have no common list."""
    name, access = fault.kind.name, page.access
    if not name:
        return ""
    # An event without a name is listed under its call.
    field = "type" if name in CALLS else "name"
    since = timezone.localtime(at - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M")
    query = {"rule": fault.kind.rule, field: name, "since": since}
    if isinstance(access, WorkspaceAccess):
        return to(access, "events", **query)
    feed = affected.only.feed if affected and affected.only else None
    return of_feed(feed.workspace, feed, "events", **query) if feed else ""


def _held(page: IssuesPage) -> HeldByIssue:
    if page.feed is None:
        return HeldByIssue(quarantine.feeds_with_some(page.stream.pk))
    return HeldByIssue([page.feed.pk] if page.feed.quarantined else [])


def _affected(
    page: IssuesPage, wanted: dict[str, str], at: datetime
) -> list[tuple[IssueKind, str]]:
    """Return the chosen kind in the workspaces that have it, with the URL of each page."""
    if page.feed is not None or not (wanted.get("rule") and wanted.get("name")):
        return []
    rule, name = wanted["rule"], wanted["name"]
    kinds = queries.affected_feeds(page.stream.pk, rule, name, at, most=MOST_WORKSPACES)
    query = {"stream": page.stream.slug, "rule": rule, "name": name}
    return [
        (
            kind,
            reverse("portal:issues", args=[kind.feed.workspace.public_id], query=query),
        )
        for kind in kinds
        if kind.feed is not None
    ]
