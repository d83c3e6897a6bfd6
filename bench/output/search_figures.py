"""Figures of the list of events in a feed of ten million."""

from __future__ import annotations

from bench.output.figure import Figure, at_most

SEARCH = [
    Figure(
        name="search_first_rows_ms",
        unit="ms",
        says="the list of 10,000,000 events with its slowest filter",
        goal=at_most(200),
        baseline="search_list_ms",
    ),
    Figure(
        name="search_person_s",
        unit="s",
        says="a search of all of them for one userId, with its progress",
        goal=at_most(60),
        baseline="search_alone_s",
    ),
    Figure(
        name="search_property_s",
        unit="s",
        says="the same for a value in the payload",
        goal=at_most(60),
        baseline="search_alone_s",
    ),
    Figure(name="search_list_ms", unit="ms", says="the list without a filter"),
    Figure(
        name="search_alone_s",
        unit="s",
        says="the search for one userId in one statement, without a bound",
    ),
]
