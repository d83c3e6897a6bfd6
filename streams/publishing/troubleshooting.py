"""Printed part about what can be wrong, by the id of the rule that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.writing import table

if TYPE_CHECKING:
    from streams.publishing.facts import Facts

# What a customer sees first, and where to look.
SYMPTOMS = [
    [
        "The key is accepted and no event arrives",
        (
            "Segment takes an unknown key without an error. Compare the last four characters"
            " that the portal shows with the key in Segment, and check the region."
        ),
    ],
    [
        "The connection needs attention",
        "Segment refused the key. Events are held: paste the right key on **Connection**.",
    ],
    [
        "Single events are missing in Segment's Debugger",
        "The Debugger shows a sample. The portal's **Deliveries** say what Segment took.",
    ],
    [
        "Events wait",
        "Segment cannot be reached, or the connection is paused. **Overview** says which.",
    ],
]


def write_troubleshooting(facts: Facts) -> str:
    return table(["What you see", "What to do"], SYMPTOMS)
