"""The cost of checking an event against the Spec, next to that of reading it."""

from __future__ import annotations

from datetime import UTC, datetime
from time import process_time
from typing import TYPE_CHECKING, Any

import msgspec

from bench.load.events import KINDS, as_sent, single_body
from streams.spec.check.event import check
from streams.spec.decode.structure import read_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.harness.benchmark import Benchmark

SIZE_BYTES = 1_000
ROUNDS = 500  # of KINDS events each
NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)


def measure(bench: Benchmark) -> None:
    bodies = [single_body(n, SIZE_BYTES, "check") % n for n in range(KINDS)]
    events = [as_sent(n, SIZE_BYTES, "check") for n in range(KINDS)]
    decode = msgspec.json.Decoder().decode
    for _ in range(bench.plan.runs):
        bench.notes.add("decode_us_per_event", _us_each(decode, bodies))
        bench.notes.add("read_us_per_event", _us_each(read_event, bodies))
        bench.notes.add("check_us_per_event", _us_each(_check, events))


def _check(event: dict[str, Any]) -> None:
    check(event, now=NOW)


def _us_each(work: Callable[[Any], object], on: Iterable[Any]) -> float:
    """Return the processor time of one, in µs."""
    began = process_time()
    for _ in range(ROUNDS):
        for one in on:
            work(one)
    return (process_time() - began) / (ROUNDS * KINDS) * 1e6
