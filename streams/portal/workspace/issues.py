"""Issues of the last seven days, for a workspace or for all workspaces of a stream."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.catalog.plans.rules import EVENT, PROPERTY
from streams.catalog.validation.rules import RULES
from streams.observability.issues import queries
from streams.observability.issues.queries import IssueGroup, IssueScope
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    WorkspaceAccess,
    partner_to_see,
    signed_in,
    stream_of,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to, within
from streams.portal.workspace.annotated_json import SEVERITIES, TONES
from streams.portal.workspace.chart_layout import Bar, small_bars
from streams.portal.workspace.json_text import highlighted
from streams.spec.call_structure import CALLS
from streams.spec.issues import Severity
from streams.spec.validation_modes import ValidationMode, stricter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpResponse

    from streams.catalog.models import Stream
    from streams.spec.issues import Rule

LEARNABLE = {EVENT.id, PROPERTY.id}
GRAVEST_FIRST = list(Severity)
PLURALS = {
    Severity.ERROR: _("Errors"),
    Severity.WARNING: _("Warnings"),
    Severity.HINT: _("Hints"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """Events of one name that broke a rule, as the page shows them."""

    group: IssueGroup
    bars: Sequence[Bar]
    sample: SafeString | str
    events: str  # the URL of the list of these events; empty: there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule and the events that broke it."""

    id: str
    rule: Rule | None  # None: the rule no longer exists
    severity: Severity
    tone: str
    rows: Sequence[IssueRow]

    @property
    def label(self) -> str:
        """The translated severity."""
        return str(SEVERITIES[self.severity])

    @property
    def is_learnable(self) -> bool:
        """Whether adding something to the tracking plan would fix it."""
        return self.id in LEARNABLE

    @property
    def day(self) -> int:
        """Events in the last 24 hours."""
        return sum(row.group.day for row in self.rows)

    @property
    def week(self) -> int:
        return sum(row.group.week for row in self.rows)


@signed_in
def workspace_findings(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the issues of the workspace's feed."""
    access = workspace_to_see(request, public_id)
    feed = access.the_feed
    mode = stricter(
        ValidationMode(feed.stream.check_mode),
        ValidationMode(access.workspace.check_mode),
    )
    scope = IssueScope(feed_id=feed.pk)
    return _page(request, access, feed.stream, scope, mode, to(access, "findings"))


@signed_in
def stream_findings(
    request: PortalRequest, slug: str, stream_slug: str
) -> HttpResponse:
    """Show the issues of all workspaces of the stream."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    home = within(access, "partner-stream-findings", stream.slug)
    scope, mode = IssueScope(stream_id=stream.pk), ValidationMode(stream.check_mode)
    return _page(request, access, stream, scope, mode, home)


def _page(
    request: PortalRequest,
    access: WorkspaceAccess | PartnerAccess,
    stream: Stream,
    scope: IssueScope,
    mode: ValidationMode,
    home: str,
) -> HttpResponse:
    moment = now()
    severity = request.GET.get("severity", "")
    if severity not in GRAVEST_FIRST:
        severity = ""
    groups, more = queries.issue_groups(scope, moment, severity=severity)
    counts = queries.counts(scope, moment)
    layout = "workspace" if isinstance(access, WorkspaceAccess) else "partner"
    context = {
        "access": access,
        "stream": stream,
        "layout": f"portal/layouts/{layout}.html",
        "home": home,
        "mode": mode,
        "is_kept": mode is ValidationMode.QUARANTINE,
        "quarantine": to(access, "quarantine")
        if isinstance(access, WorkspaceAccess)
        else within(access, "partner-stream-quarantine", stream.slug),
        "severity": severity,
        "filters": [(s, PLURALS[s], counts.get(s, 0)) for s in GRAVEST_FIRST],
        "all": sum(counts.values()),
        "broken_rules": _by_rule(groups, access),
        "others": sum(group.week for group in groups if not group.kind.rule),
        "more": more,
    }
    return render(request, "portal/shared/issues.html", context)


def _by_rule(
    groups: Iterable[IssueGroup], access: WorkspaceAccess | PartnerAccess
) -> list[RuleRow]:
    """Group by rule: the most severe first, then those with the most events."""
    named = (group for group in groups if group.kind.rule)
    ordered = sorted(named, key=lambda group: group.kind.rule)
    broken_rules = []
    for rule, same_rule in groupby(ordered, key=lambda group: group.kind.rule):
        rows = [_row(group, access) for group in same_rule]
        severity = Severity(rows[0].group.kind.severity)
        tone = TONES[severity]
        broken_rules.append(
            RuleRow(
                id=rule,
                rule=RULES.get(rule),
                severity=severity,
                tone=tone,
                rows=sorted(rows, key=lambda row: (-row.group.day, -row.group.week)),
            )
        )
    return sorted(
        broken_rules, key=lambda b: (GRAVEST_FIRST.index(b.severity), -b.day, -b.week)
    )


def _row(group: IssueGroup, access: WorkspaceAccess | PartnerAccess) -> IssueRow:
    color = "rejected" if group.kind.severity == Severity.ERROR else "delivered"
    sample = group.kind.sample
    return IssueRow(
        group=group,
        bars=small_bars(group.by_hour, color),
        sample=highlighted(sample.encode()) if sample else "",
        events=_events(group.kind.name, access),
    )


def _events(name: str, access: WorkspaceAccess | PartnerAccess) -> str:
    if not name or not isinstance(access, WorkspaceAccess):
        return ""
    # An event without a name is listed under its call.
    return to(access, "events", **{"type" if name in CALLS else "name": name})
