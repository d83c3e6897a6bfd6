from __future__ import annotations

import pytest

from streams.audit.words import why, words


@pytest.mark.parametrize(
    ("action", "detail", "told"),
    [
        (
            "stream.submitted",
            {"plan_version": 3},
            "Submitted it, with version 3 of the plan",
        ),
        (
            "page.published",
            {"page": "source", "number": 2},
            "Published version 2 of the source page",
        ),
        ("stream.submitted", {}, "Submitted it, with version – of the plan"),
        ("cheese.eaten_up", {}, "Cheese eaten up"),
    ],
)
def test_an_entry_is_told_as_what_somebody_did(action, detail, told):
    assert words(action, detail) == told


def test_what_was_said_to_it_is_told_beside():
    assert why("stream.sent_back", {"comment": "Say who.", "stream": "p"}) == "Say who."
    assert why("stream.changed", {"changed": "version: 1.0.0 → 1.0.1"}) != ""
    assert why("partner.changed", {"fields": "name"}) == ""  # the words have it already
