from __future__ import annotations

import json
from datetime import timedelta

import pytest

from streams.events import sampling
from streams.events.models import Feed
from streams.events.sampling import newest
from tests import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def names(sample):
    return [json.loads(payload)["event"] for payload in sample.payloads()]


def test_what_was_received_since_then_is_read_newest_first():
    feed = make.feed()
    make.append(feed, now=make.NOW, event="Old")
    make.append(feed, now=make.NOW + DAY, event="Newer")
    make.append(feed, now=make.NOW + DAY, event="Newest")
    quiet = make.feed(feed.stream)
    make.append(quiet, now=make.NOW)

    sample = newest(feed.stream.feeds.all(), make.NOW + DAY)

    assert names(sample) == ["Newest", "Newer"]
    assert sample.feeds == (feed,)


def test_it_is_bounded_and_every_feed_has_its_share(monkeypatch):
    monkeypatch.setattr(sampling, "MOST", 4)
    feed = make.feed()
    other = make.feed(feed.stream)
    make.append(feed, 5, event="Many")
    make.append(other, 1, event="One")

    found = names(newest(Feed.objects.filter(stream=feed.stream), make.NOW))

    assert sorted(found) == ["Many", "Many", "One"]


def test_what_has_expired_is_not_read():
    feed = make.feed()
    make.append(feed, 3)
    make.expired(feed, 2)

    assert len(names(newest(feed.stream.feeds.all(), make.NOW))) == 1


def test_what_lies_in_quarantine_came_too():
    feed = make.feed()
    make.quarantined(feed, now=make.NOW - DAY, event="Old")
    make.quarantined(feed, now=make.NOW, event="Kept")

    sample = newest(feed.stream.feeds.all(), make.NOW)

    assert names(sample) == ["Kept"]
