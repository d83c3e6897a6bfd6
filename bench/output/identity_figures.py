"""Figures of the identity map."""

from __future__ import annotations

from bench.output.figure import Figure, at_most

IDENTITY = [
    Figure(
        name="identity_lookup_us",
        unit="µs",
        says="lookup of a person in batches of 100, among 1,000,000 links",
        goal=at_most(15),
    ),
    Figure(
        name="identity_cached_us",
        unit="µs",
        says="the same from the cache of the process",
        goal=at_most(5),
    ),
    Figure(
        name="identity_learn_us",
        unit="µs",
        says="two new links of a person, in calls of 1,000 people",
    ),
    Figure(
        name="identity_seen_us",
        unit="µs",
        says="the same again, when nothing is new",
    ),
    Figure(
        name="identity_user_id_us",
        unit="µs",
        says="more for an event with a userId, if the stream looks up userIds",
        goal=at_most(1),
    ),
    Figure(
        name="identity_resolved_us",
        unit="µs",
        says="more for an event whose userId is looked up, in batches of 100",
        goal=at_most(15),
    ),
    Figure(
        name="identity_resolved_cached_us",
        unit="µs",
        says="the same from the cache of the process",
        goal=at_most(15),
    ),
]
