from __future__ import annotations

from datetime import timedelta

import pytest

from streams.events import name_estimates
from streams.events.name_estimates import estimate_names
from tests import factories

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_few_events_are_counted_exactly_since_the_moment():
    feed = factories.feed()
    factories.append(feed, 2, event="Old", now=factories.NOW - 2 * HOUR)
    factories.append(feed, 3, event="Old", now=factories.NOW)
    factories.append(feed, 1, type="page", event=None, now=factories.NOW)

    names = estimate_names(feed, factories.NOW - HOUR)

    assert (names.total, names.of("Old"), names.of("page")) == (4, 3, 1)


def test_many_events_are_estimated_from_blocks_and_rare_names_are_unknown(monkeypatch):
    monkeypatch.setattr(name_estimates, "BLOCKS", 5)
    monkeypatch.setattr(name_estimates, "BLOCK", 4)
    feed = factories.feed()
    for number in range(10):
        name = "Rare" if number == 9 else "Often"
        factories.append(feed, 10, event=name, now=factories.NOW)

    names = estimate_names(feed, factories.NOW - HOUR)

    assert (names.total, names.sampled) == (100, 20)
    assert names.of("Often") == 80
    assert names.of("Rare") is None
