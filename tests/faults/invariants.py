"""What must hold whatever happened: each that does not is said in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

from django.core.management import call_command

from streams.base.clock import now
from streams.delivery.engine.due_cursors import unowned_due_streams
from streams.delivery.models import Cursor, Delivery
from streams.observability import ledger
from streams.observability.reconcile import inconsistencies

if TYPE_CHECKING:
    from tests.faults.receiver import Receiver
    from tests.faults.traffic import Traffic

UNOWNED_BOUND = timedelta(minutes=1)
BUDGET = 50  # requests in any sliding second


def broken_now(traffic: Traffic, receiver: Receiver) -> Iterator[str]:
    """What is wrong while events flow."""
    yield from traffic.failures
    yield from receiver.wrong
    if late := unowned_due_streams(now() - UNOWNED_BOUND):
        yield f"due for more than a minute, without an owner: streams {late}"
    for stream, second in receiver.seconds.items():
        if second.worst > BUDGET:
            yield f"stream {stream}: {second.worst} requests within one second"
    for lane in traffic.lanes:
        yield from (
            f"{lane.name}: {found}" for found in inconsistencies(lane.cursor.feed)
        )


def broken_at_rest(traffic: Traffic, receiver: Receiver) -> Iterator[str]:
    """What is wrong once nothing waits any more.

    So many requests of a lane may have come twice as answers to it were lost, no more.
    """
    yield from broken_now(traffic, receiver)
    for lane in traffic.lanes:
        cursor = Cursor.objects.get(pk=lane.cursor.pk)
        account = ledger.of(cursor.feed)
        if account.accepted != lane.acknowledged:
            yield f"{lane.name}: {lane.acknowledged} acknowledged, {account}"
        if account.delivered + account.rejected != account.accepted:
            yield f"{lane.name}: not all was settled: {account}"
        refused = sum(s.startswith(f"{lane.name}-") for s in receiver.skipped)
        if account.rejected != refused:
            yield f"{lane.name}: {refused} refused by Segment, {account}"
        taken = receiver.taken[lane.write_key]
        lost = taken - _delivered(lane.cursor)
        twice = receiver.duplicates(lane)
        if lost > lane.losses or twice > lost * receiver.biggest[lane.write_key]:
            may = f"{lane.losses} may have been"
            yield f"{lane.name}: {twice} events twice, {lost} answers lost, {may}"


def unreconciled() -> str:
    """What `manage.py reconcile` says if it does not exit 0, else nothing.

    Run here and not as a program: a start costs a second of processor time.
    """
    said = StringIO()
    try:
        call_command("reconcile", stdout=said)
    except SystemExit:
        return said.getvalue()
    return ""


def _delivered(cursor: Cursor) -> int:
    rows = Delivery.objects.filter(connection=cursor.connection_id, cursor=cursor.pk)
    return rows.filter(outcome=Delivery.Outcome.DELIVERED).count()
