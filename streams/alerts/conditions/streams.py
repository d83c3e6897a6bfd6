"""Conditions of streams: an operator has stopped delivery, or changed the stage."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import override

from streams.alerts.conditions.rule import NEWS_FOR, Condition, Held, Recovery, Rule
from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.catalog.models import Stream
from streams.catalog.stage import DELIVERING
from streams.connections.regions import Region
from streams.delivery.limits.models import Halt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

STAGE_ACTIONS = (
    "stream.submitted", "stream.approved", "stream.sent_back", "stream.qa_started",
    "stream.live_asked", "stream.live_declined", "stream.went_live", "stream.suspended",
    "stream.resumed",
)  # fmt: skip


def _halted(_: datetime) -> Iterable[Held]:
    """Yield the streams whose delivery a halt stops, to all regions or to one."""
    halts = list(Halt.objects.order_by("created_at"))
    if not halts:
        return
    for stream in Stream.objects.filter(stage__in=DELIVERING).order_by("pk"):
        own = [halt for halt in halts if halt.stream_id in (None, stream.pk)]
        if own:
            yield Held(
                subject=f"stream:{stream.pk}",
                began=own[0].created_at,
                reason=_reason(own),
                stream=stream.pk,
                partner=stream.partner_id,
            )


def _reason(halts: Sequence[Halt]) -> str:
    """Return the operator's words, after the regions if not all are halted. In English."""
    of_all = next((halt for halt in halts if not halt.region), None)
    if of_all:
        return of_all.reason
    with override("en"):
        regions = {halt.region: str(Region(halt.region).label) for halt in halts}
    return f"Only {' and '.join(regions.values())}: {halts[0].reason}"[:300]


def _stages(now: datetime) -> Iterable[Held]:
    streams = dict(Stream.objects.values_list("slug", "pk"))
    partners = set(Stream.objects.order_by().values_list("partner", flat=True))
    # With the partners, PostgreSQL uses the index of their lists.
    entries = AuditEntry.objects.filter(
        partner__in=partners, at__gt=now - NEWS_FOR, workspace=None,
        action__in=STAGE_ACTIONS, stream__in=streams,
    )  # fmt: skip
    for entry in entries.order_by("pk"):
        with override("en"):
            text = describe(entry.action, entry.detail)
        yield Held(
            subject=f"entry:{entry.pk}",
            began=entry.at,
            reason=text[:300],
            stream=streams[entry.stream],
            partner=entry.partner_id,
        )


RULES = (
    Rule(
        condition=Condition.HALTED,
        holding=_halted,
        opens_after=timedelta(minutes=1),
        closes_after=timedelta(minutes=1),
        recovery=Recovery.ENDED,
        partner_from=1,
    ),
    # Its email is that of the review (review/emails.py).
    Rule(
        condition=Condition.STAGE,
        holding=_stages,
        closes_after=timedelta(0),
        recovery=Recovery.NONE,
        partner_from=None,
        is_over_at_once=True,
        has_notices=False,
    ),
)
