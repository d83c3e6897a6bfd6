"""The chart of a feed: events over time, and how long they took to be delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.observability.chart import traffic
from streams.observability.issues import queries as issue_queries
from streams.observability.issues.queries import IssueScope
from streams.observability.latency import latency
from streams.portal.chart.layout import draw, draw_latency
from streams.portal.chart.ranges import PRESETS, ChartRange, chart_range
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse

    from streams.observability.chart import ChartPoint, Traffic
    from streams.portal.chart.layout import Slot

TWO_DAYS = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTotal:
    """The count of one series over the range, and its change since the previous period."""

    kind: str
    label: str
    count: int
    change: str  # such as "+12%"; empty: not known
    events: str  # the URL of the list of these events


@dataclass(frozen=True, slots=True)
class LinkedSlot:
    """A point of the chart, with the URLs of its events."""

    slot: Slot
    events: str
    rejected: str
    start: str  # its time, as the table shows it
    label: str


@signed_in
def overview_chart(request: PortalRequest, public_id: str) -> HttpResponse:
    """Render the chart alone: it refreshes itself, and changes its range in place."""
    access = workspace_to_see(request, public_id)
    context = {"access": access, **chart_context(access, request.GET)}
    return render(request, "portal/chart/_chart.html", context)


def chart_context(
    access: WorkspaceAccess, query: Mapping[str, str]
) -> dict[str, object]:
    """Return what the template of the chart needs."""
    feed, moment = access.the_feed, now()
    chosen = chart_range(query, moment)
    counted = traffic(feed, chosen.span, moment)
    waited = latency(counted)
    chart = draw(counted.points, chosen.span.step, chosen.midnight)
    totals = _totals(access, chosen, counted)
    return {
        "range": chosen,
        "presets": [
            (name, label, to(access, "overview", range=name), name == chosen.name)
            for name, (_span, label) in PRESETS.items()
        ],
        "chart": chart,
        "slots": [_linked(access, slot) for slot in chart.slots],
        "tick_format": _tick_format(chosen),
        "totals": totals,
        "has_expired": counted.total.expired > 0,
        "has_recovered": any(one.cursor.recovered for one in counted.cursors),
        "has_changes": any(total.change for total in totals),
        "latency": draw_latency(waited.points, chart.width),
        "p50_ms": _ms(waited.whole.p50),
        "p95_ms": _ms(waited.whole.p95),
        "fresh": to(access, "overview-chart", **chosen.query),
        "issue_trend": issue_queries.trend(IssueScope(feed_id=feed.pk), moment),
    }


def _linked(access: WorkspaceAccess, slot: Slot) -> LinkedSlot:
    between = _between(slot.point.at, slot.until)
    start = date_format(timezone.localtime(slot.point.at), "j M, H:i")
    point = slot.point
    label = (
        _(
            "%(start)s to %(end)s: %(accepted)s accepted, %(delivered)s delivered,"
            " %(rejected)s rejected, %(expired)s expired"
        )
        if point.expired
        else _(
            "%(start)s to %(end)s: %(accepted)s accepted, %(delivered)s delivered,"
            " %(rejected)s rejected"
        )
    )
    return LinkedSlot(
        slot,
        to(access, "events", **between),
        to(access, "events", outcome="rejected", **between),
        start,
        label
        % {
            "start": start,
            "end": date_format(timezone.localtime(slot.until), "H:i"),
            "accepted": f"{point.accepted:,}",
            "delivered": f"{point.delivered:,}",
            "rejected": f"{point.rejected:,}",
            "expired": f"{point.expired:,}",
        },
    )


def _totals(
    access: WorkspaceAccess, chosen: ChartRange, counted: Traffic
) -> list[SeriesTotal]:
    total, before = counted.total, counted.previous
    between = _between(chosen.span.start, chosen.span.end)
    labels = {
        "accepted": _("Accepted"),
        "delivered": _("Delivered"),
        "rejected": _("Rejected by Segment"),
        **({"expired": _("Expired")} if total.expired else {}),
    }
    return [
        SeriesTotal(
            kind=kind,
            label=label,
            count=getattr(total, kind),
            change=_change(kind, total, before),
            events=to(
                access,
                "events",
                **({} if kind == "accepted" else {"outcome": kind}),
                **between,
            ),
        )
        for kind, label in labels.items()
    ]


def _change(kind: str, total: ChartPoint, before: ChartPoint | None) -> str:
    earlier = getattr(before, kind) if before else 0
    if not earlier:
        return ""
    percent = round(100 * (getattr(total, kind) - earlier) / earlier)
    return f"{percent:+,}%" if percent else _("unchanged")


def _between(start: datetime, end: datetime) -> dict[str, str]:
    """Return the filter of a list for a span of time, in the reader's time zone."""
    return {
        "since": timezone.localtime(start).strftime("%Y-%m-%dT%H:%M"),
        "until": timezone.localtime(end).strftime("%Y-%m-%dT%H:%M"),
    }


def _tick_format(chosen: ChartRange) -> str:
    is_short = chosen.span.end - chosen.span.start <= TWO_DAYS
    return "H:i" if is_short else "j M"


def _ms(wait: timedelta | None) -> int | None:
    return round(wait.total_seconds() * 1000) if wait is not None else None
