"""The page “Usage”: the people whom Segment counts because of the tool's events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_see,
)
from streams.portal.usage.wording import dollars, number_of
from streams.tracked_users.counter import month_of
from streams.tracked_users.figures import MonthPeople, WorkspaceMonths, months_of
from streams.tracked_users.hashes import counted_since
from streams.tracked_users.prices import PriceTable, price_table
from streams.tracked_users.sketch import MOST
from streams.tracked_users.store import months_before

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpResponse


@dataclass(frozen=True, slots=True)
class UsageRow:
    """The people of a stream, or of all, in words."""

    name: str
    this_month: str
    last_month: str  # empty: no one was counted
    only_here: str  # this month; empty: unknown
    is_total: bool = False


@signed_in
def usage(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the monthly tracked users of this month and the last one, by stream."""
    access = workspace_to_see(request, public_id)
    this_month = month_of(now())
    last_month = months_before(this_month, 1)
    feeds = [feed.pk for feed in access.feeds]
    months = months_of(feeds, [this_month, last_month])
    everyone = months.of_all(this_month)
    context = {
        "access": access,
        "tool": access.the_feed.stream.name,
        "this_month": this_month,
        "last_month": last_month,
        "rows": _rows(access, months, this_month, last_month),
        "knows_others": everyone.knows_others,
        "exact_up_to": MOST,
        "began": began
        if (began := counted_since()) and began.date() > last_month
        else None,
        "prices": (prices := price_table()),
        **_costs(everyone, prices),
    }
    return render(request, "portal/usage/usage.html", context)


def _rows(
    access: WorkspaceAccess,
    months: WorkspaceMonths,
    this_month: date,
    last_month: date,
) -> list[UsageRow]:
    rows = [
        _row(
            feed.stream.name,
            months.of_feed(feed.pk, this_month),
            months.of_feed(feed.pk, last_month)
            if months.counts(feed.pk, last_month)
            else None,
        )
        for feed in access.feeds
    ]
    if len(rows) > 1:
        before = [row.last_month for row in rows if row.last_month]
        last = months.of_all(last_month) if before else None
        everyone = months.of_all(this_month)
        rows.append(_row(_("All streams"), everyone, last, is_total=True))
    return rows


def _row(
    name: str, now: MonthPeople, before: MonthPeople | None, *, is_total: bool = False
) -> UsageRow:
    only_here = now.only_here
    return UsageRow(
        name,
        number_of(now.size),
        "" if before is None else number_of(before.size),
        "" if only_here is None else number_of(only_here),
        is_total,
    )


def _costs(everyone: MonthPeople, prices: PriceTable | None) -> dict[str, str]:
    """Return the price of a person, and what those cost whom only this tool has."""
    if prices is None:
        return {}
    own = everyone.size if everyone.only_here is None else everyone.only_here
    return {
        "price": dollars(prices.per_person),
        "own_people": number_of(own),
        "own_cost": dollars(prices.cost(own.people)),
    }
