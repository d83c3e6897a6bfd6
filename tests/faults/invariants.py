"""Conditions that hold after any fault. Each violation is described in words."""

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
    """Return the violations while events flow."""
    yield from traffic.failures
    yield from receiver.wrong
    if late := unowned_due_streams(now() - UNOWNED_BOUND):
        yield f"due for more than a minute, without an owner: streams {late}"
    for stream, second in receiver.seconds.items():
        if second.worst > BUDGET:
            yield f"stream {stream}: {second.worst} requests within one second"
    for flow in traffic.flows:
        yield from (
            f"{flow.name}: {found}" for found in inconsistencies(flow.cursor.feed)
        )


def broken_at_rest(traffic: Traffic, receiver: Receiver) -> Iterator[str]:
    """Return the violations once nothing is queued.

    A flow may have as many repeated requests as responses to it were lost, but no more.
    """
    yield from broken_now(traffic, receiver)
    for flow in traffic.flows:
        cursor = Cursor.objects.get(pk=flow.cursor.pk)
        account = ledger.of(cursor.feed)
        if account.accepted != flow.acknowledged:
            yield f"{flow.name}: {flow.acknowledged} acknowledged, {account}"
        rejected = account.recovered + account.rejected
        if account.delivered + rejected != account.accepted:
            yield f"{flow.name}: not all was settled: {account}"
        refused = sum(s.startswith(f"{flow.name}-") for s in receiver.skipped)
        if rejected != refused:
            yield f"{flow.name}: {refused} refused by Segment, {account}"
        taken = receiver.taken[flow.write_key]
        lost = taken - _delivered(flow.cursor)
        twice = receiver.duplicates(flow)
        if lost > flow.losses or twice > lost * receiver.biggest[flow.write_key]:
            may = f"{flow.losses} may have been"
            yield f"{flow.name}: {twice} events twice, {lost} answers lost, {may}"


def unreconciled() -> str:
    """Return the output of `manage.py reconcile` if it fails, or "".

    It runs in this process: starting a program costs a second of processor time.
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
