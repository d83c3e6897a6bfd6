"""Figures of monthly tracked users."""

from __future__ import annotations

from bench.output.figure import Figure, at_most

TRACKED_USERS = [
    Figure(
        name="tracked_users_event_us",
        unit="µs",
        says="more for an event in ingest, in batches of 100 different people",
        goal=at_most(1),
    ),
    Figure(
        name="tracked_users_stored_us",
        unit="µs",
        says="for a person when a process stores 100,000 of them, of 100 feeds",
    ),
    Figure(
        name="tracked_users_error_percent",
        unit="%",
        says="difference from the exact count of a million events of 300,000 people",
        goal=at_most(3.2),
    ),
]
