from __future__ import annotations

import json
from datetime import timedelta

import pytest

from streams.events import recent_events
from streams.events.models import Feed
from streams.events.recent_events import newest
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def names(sample):
    return [json.loads(payload)["event"] for payload in sample.payloads()]


def test_events_received_since_a_time_are_read_newest_first():
    feed = factories.feed()
    factories.append(feed, now=factories.NOW, event="Old")
    factories.append(feed, now=factories.NOW + DAY, event="Newer")
    factories.append(feed, now=factories.NOW + DAY, event="Newest")
    quiet = factories.feed(feed.stream)
    factories.append(quiet, now=factories.NOW)

    sample = newest(feed.stream.feeds.all(), factories.NOW + DAY)

    assert names(sample) == ["Newest", "Newer"]
    assert sample.feeds == (feed,)


def test_the_sample_is_bounded_and_every_feed_has_its_share(monkeypatch):
    monkeypatch.setattr(recent_events, "MOST", 4)
    feed = factories.feed()
    other = factories.feed(feed.stream)
    factories.append(feed, 5, event="Many")
    factories.append(other, 1, event="One")

    found = names(newest(Feed.objects.filter(stream=feed.stream), factories.NOW))

    assert sorted(found) == ["Many", "Many", "One"]


def test_expired_events_are_not_read():
    feed = factories.feed()
    factories.append(feed, 3)
    factories.expired(feed, 2)

    assert len(names(newest(feed.stream.feeds.all(), factories.NOW))) == 1


def test_quarantined_events_are_included():
    feed = factories.feed()
    factories.quarantined(feed, now=factories.NOW - DAY, event="Old")
    factories.quarantined(feed, now=factories.NOW, event="Kept")

    sample = newest(feed.stream.feeds.all(), factories.NOW)

    assert names(sample) == ["Kept"]
