from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from streams.web.template_tags import ago, breakable, duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0004, "0 ms"),
        (0.02, "20 ms"),
        (1, "1 second"),
        (89.4, "89 seconds"),
        (119.9, "2 minutes"),
        (5_399, "90 minutes"),
        (7_200, "2 hours"),
        (200_000, "2 days"),
        (200_000_000, "2,315 days"),
    ],
)
def test_a_duration_is_shown_in_a_unit_of_useful_precision(seconds, words):
    assert duration(seconds) == words


def test_a_path_may_break_after_its_dots_and_is_escaped():
    assert breakable("traits.<b>.email") == "traits.<wbr>&lt;b&gt;.<wbr>email"


def test_how_long_ago_something_was():
    minutes = now() - timedelta(minutes=3)

    assert (ago(now()), ago(None)) == ("just now", "")
    assert ago(minutes).replace("\N{NO-BREAK SPACE}", " ") == "3 minutes ago"
