"""Checks of the requests that delivered the test events, and of the docs pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streams.connections.regions import Region
from streams.delivery.segment.batch import MAX_BODY_BYTES, MAX_EVENTS
from streams.review.qa.checklist_line import (
    ChecklistLine,
    count_of,
    failed,
    passed,
    unseen,
)
from streams.review.qa.request_rate import busiest_second

if TYPE_CHECKING:
    from streams.review.qa.observations import Observations, ObservedRequest

# Segment's limit for a tool, unless it agreed to more (segment/partner.md, 2).
REQUESTS_PER_SECOND = 50
SIDES = {
    "US": frozenset({Region.US, Region.SANDBOX}),
    "Europe": frozenset({Region.EU, Region.SANDBOX_EU}),
}
SIDE_NAMES = {"US": gettext_lazy("US"), "Europe": gettext_lazy("Europe")}


def key(facts: Observations) -> ChecklistLine:
    """Check that requests were delivered with the write key in the header."""
    name, title = "key", _("The write key is in the header of every request")
    delivered = _delivered(facts)
    if not delivered:
        return _no_requests(name, title)
    why = ngettext(
        "The portal always sends the key in the header. %(count)s delivered request"
        " confirms it.",
        "The portal always sends the key in the header. %(count)s delivered requests"
        " confirm it.",
        len(delivered),
    )
    return passed(name, title, why % count_of(delivered), delivered[::-1])


def rate(facts: Observations) -> ChecklistLine:
    """Check the requests of the busiest second against Segment's limit."""
    name, title = "rate", _("At most %(limit)s requests per second")
    title %= {"limit": REQUESTS_PER_SECOND}
    if not facts.requests:
        return _no_requests(name, title)
    busiest = busiest_second(facts.requests)
    why = ngettext(
        "At most %(count)s request arrived within one second, counting every request in"
        " flight.",
        "At most %(count)s requests arrived within one second, counting every request in"
        " flight.",
        len(busiest),
    )
    line = passed if len(busiest) <= REQUESTS_PER_SECOND else failed
    return line(name, title, why % count_of(busiest), busiest)


def batches(facts: Observations) -> ChecklistLine:
    """Check the size of requests against Segment's limits."""
    name = "batches"
    title = _("At most %(events)s events and %(size)s KB per request")
    title %= {"events": f"{MAX_EVENTS:,}", "size": MAX_BODY_BYTES // 1000}
    if not facts.requests:
        return _no_requests(name, title)
    most = max(facts.requests, key=lambda request: request.events)
    largest = max(facts.requests, key=lambda request: request.body_bytes)
    why = _("Most events in a request: %(events)s. Largest request: %(size)s KB.")
    size = f"{largest.body_bytes / 1000:,.1f}"
    why %= {"events": f"{most.events:,}", "size": size}
    fits = most.events <= MAX_EVENTS and largest.body_bytes <= MAX_BODY_BYTES
    evidence = dict.fromkeys((most, largest))
    return (passed if fits else failed)(name, title, why, evidence)


def regions(facts: Observations) -> ChecklistLine:
    """Check that events were delivered to both regions."""
    name, title = "regions", _("Events were delivered to both regions: US and Europe")
    last = {
        side: request
        for request in _delivered(facts)
        for side, regions in SIDES.items()
        if request.region in regions
    }
    if missing := [str(SIDE_NAMES[side]) for side in SIDES if side not in last]:
        why = _("No events have been delivered yet to: %(regions)s.")
        return unseen(name, title, why % {"regions": ", ".join(missing)}, last.values())
    there = [str(Region(last[side].region).label) for side in SIDES]
    why = _("Delivered to: %(regions)s.") % {"regions": ", ".join(there)}
    return passed(name, title, why, last.values())


def pages(facts: Observations) -> ChecklistLine:
    """Check that both docs pages are published."""
    name, title = "pages", _("Both docs pages are published")
    published = [page for page in facts.pages if page.version]
    if missing := [str(page.label) for page in facts.pages if not page.version]:
        why = _("Not published yet: %(pages)s.") % {"pages": ", ".join(missing)}
        return unseen(name, title, why, facts.pages)
    versions = [
        _("%(page)s (page version %(version)s)")
        % {"page": page.label, "version": page.version}
        for page in published
    ]
    why = _("Published: %(pages)s.") % {"pages": ", ".join(versions)}
    return passed(name, title, why, published)


def _delivered(facts: Observations) -> list[ObservedRequest]:
    return [request for request in facts.requests if request.was_delivered]


def _no_requests(name: str, title: str) -> ChecklistLine:
    why = _("No requests have been sent from a test workspace yet.")
    return unseen(name, title, why)
