"""Figures of the conditions of alerts."""

from __future__ import annotations

from bench.output.figure import Figure, at_most

ALERTS = [
    Figure(
        name="alerts_db_s_per_minute",
        unit="s",
        says="database time per minute of all conditions of alerts, 100,000 connections",
        goal=at_most(1),
    ),
    Figure(
        name="alerts_db_s_worst_minute",
        unit="s",
        says="the same in the minute in which all conditions are due",
        goal=at_most(1),
    ),
]
