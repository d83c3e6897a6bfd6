"""Every spelling that Segment's own matcher maps to a Spec event is flagged with it."""

from __future__ import annotations

import json
from pathlib import Path

from streams.spec.names.collisions import collision
from streams.spec.spec_data import EVENTS

FILE = Path(__file__).with_name("matcher_names.json")
# Names that the matcher has and the Spec does not.
NOT_IN_THE_SPEC = {"videoAdClicked", "videoAdSkipped"}
# A former name: the Spec has another one.
RENAMED = {"productAddedFromWishlistToCart": "Wishlist Product Added to Cart"}


def matched():
    """Return each spelling with the Spec's name of the event."""
    spec_names = {name.replace(" ", "").lower(): name for name in EVENTS}
    for event, pairs in json.loads(FILE.read_text())["events"].items():
        if event in NOT_IN_THE_SPEC:
            continue
        right = RENAMED.get(event) or spec_names[event.lower()]
        for thing, action in pairs:
            for order in (f"{action} {thing}", f"{thing} {action}"):
                for spelling in spellings(order.split()):
                    yield spelling, right


def spellings(words):
    titled = [word.capitalize() for word in words]
    for between in (" ", "_", ""):
        lower = between.join(words)
        yield from (lower, lower.upper(), between.join(titled))
        yield from (f"{lower} ", f"{lower}_", f" {lower}", f"_{lower}")
    yield words[0] + "".join(titled[1:])


def test_every_spelling_of_the_matcher_is_flagged_with_its_event():
    names = {name: right for name, right in matched() if name not in EVENTS}

    assert len(names) > 1_988
    assert {
        name: right
        for name, right in names.items()
        if (found := collision("track", name)) is None or found.right != right
    } == {}
