"""How long one event takes when little is going on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.far_end import received_at
from bench.numbers import percentile
from bench.portal import portal
from bench.rows.throughput import job, send

if TYPE_CHECKING:
    from bench.ground import Ground
    from bench.notes import Notes
    from bench.plan import Plan

CONNECTIONS = 1_000
EVENTS_PER_S = 40.0
CLIENTS = 20  # each is used every half a second: gunicorn closes after two


def light_load(ground: Ground, plan: Plan, notes: Notes) -> None:
    with portal(ground, connections=CONNECTIONS) as running:
        running.start_all()
        for _ in range(plan.runs):
            events = int(EVENTS_PER_S * plan.latency_s)
            work = job(running, events, CLIENTS, rate=EVENTS_PER_S)
            report = send(running, work).report
            came = received_at(running.sandbox)
            ids = [f"{work.prefix}-{n:012d}" for n in range(events)]
            took_ms = [
                (came[i] - sent) * 1000
                for i, sent in zip(ids, report.sent_at, strict=True)
            ]
            notes.add("latency_p50_ms", percentile(took_ms, 0.5))
            notes.add("latency_p99_ms", percentile(took_ms, 0.99))
            notes.add("acknowledged_p50_ms", percentile(report.answer_ms, 0.5))
            notes.add("acknowledged_p99_ms", percentile(report.answer_ms, 0.99))
