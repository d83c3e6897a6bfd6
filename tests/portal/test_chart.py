from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.delivery.models import Cursor
from streams.delivery.retention.expiry import expire
from streams.observability.chart import ChartPoint
from streams.portal.chart.layout import Bar, round_up
from streams.portal.chart.layout import draw as draw_points
from tests import factories
from tests.portal.test_quarantine_views import words

DAWN = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def day(**counts: tuple[int, int, int]) -> list[ChartPoint]:
    """Return 96 quarter hours; `at_5=(accepted, delivered, rejected)` sets number 5."""
    empty = (0, 0, 0)
    return [
        ChartPoint(
            at=DAWN + timedelta(minutes=15 * n),
            **dict(
                zip(
                    ("accepted", "delivered", "rejected"),
                    counts.get(f"at_{n}", empty),
                    strict=True,
                )
            ),
        )
        for n in range(96)
    ]


def draw(points):
    return draw_points(points, timedelta(minutes=15), DAWN)


@pytest.mark.parametrize(
    ("highest", "top"), [(1, 1), (2, 2), (3, 5), (7, 10), (11, 20), (501, 1000)]
)
def test_the_scale_ends_at_a_round_number(highest, top):
    assert round_up(highest) == top


def test_one_rejected_event_of_thousands_is_visible_in_its_own_strip():
    chart = draw(day(at_5=(5005, 5004, 1), at_6=(10, 5, 200)))

    assert chart.slots[5].bars == [
        Bar("accepted", 51, 49.95, 8, 50.05),
        Bar("delivered", 52.5, 49.96, 5, 50.04),
    ]
    assert chart.slots[5].rejected == [Bar("rejected", 51, 80, 8, 20)]
    assert chart.top_rejected == 200


def test_the_axis_has_a_tick_at_round_times():
    ticks = draw(day()).ticks

    assert [tick.at.hour for tick in ticks] == [0, 4, 8, 12, 16, 20]
    assert [tick.percent for tick in ticks][:2] == [0, 16.67]


def test_a_day_without_events_is_empty():
    assert draw(day()).is_empty


def overview(cast, **query):
    return reverse("portal:overview", args=[cast.workspace.public_id], query=query)


def test_the_chart_links_each_point_to_its_events(as_bob, cast):
    factories.append(cast.feed, 3, now=now())

    page = as_bob.get(overview(cast))

    hrefs = [
        unescape(href) for href in re.findall(r'class="slot" href="([^"]+)', page.text)
    ]
    assert len(hrefs) == 96
    listed = as_bob.get(hrefs[-1])
    assert len(set(re.findall(r"/events/(\d+)/", listed.text))) == 3
    assert "3 accepted, 0 delivered, 0 rejected" in page.text


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ({"range": "1h"}, 4),
        ({"range": "7d"}, 85),
        ({"range": "30d"}, 91),
        (
            {
                "range": "custom",
                "since": "2026-03-01T00:00",
                "until": "2026-03-02T00:00",
            },
            97,
        ),
        ({"range": "custom", "since": "no"}, 96),
        ({"range": "x"}, 96),
    ],
)
def test_the_chart_has_ranges(as_bob, cast, query, points):
    factories.append(cast.feed, 3, now=factories.NOW.replace(day=1))
    factories.append(cast.feed, 3, now=now())

    page = as_bob.get(overview(cast, **query))

    assert abs(page.text.count('class="slot"') - points) <= 1


def test_the_chart_compares_with_the_previous_period(as_bob, cast):
    factories.append(cast.feed, 2, now=now() - timedelta(hours=30))
    factories.append(cast.feed, 3, now=now())

    assert "Accepted 3 +50%" in words(as_bob.get(overview(cast)))


def test_expired_events_are_listed_apart_from_delivered_ones(as_bob, cast):
    cursor = factories.cursor(factories.connection(cast.feed))
    factories.append(cast.feed, 5, now=now())
    factories.delivered(cursor, 2, now=now())
    expire([cast.feed.pk], cutoff=now() + timedelta(days=1))

    page = as_bob.get(overview(cast))
    shown = words(page)

    assert "Accepted 5 Delivered 2 Rejected by Segment 0 Expired 3" in shown
    assert "Start Accepted Delivered Rejected by Segment Expired" in shown
    assert "5 accepted, 2 delivered, 0 rejected, 3 expired" in page.text
    assert "They are in the table, but have no bar." in shown


def test_without_expired_events_nothing_speaks_of_them(as_bob, cast):
    factories.append(cast.feed, 5, now=now())

    assert "xpired" not in as_bob.get(overview(cast)).text


def test_rejected_events_that_were_recovered_are_explained(as_bob, cast):
    cursor = factories.cursor(factories.connection(cast.feed))
    factories.append(cast.feed, 2, now=now())
    factories.rejected(cursor, now=now())
    Cursor.objects.filter(pk=cursor.pk).update(recovered=1)

    assert "including those that a replay delivered later" in words(
        as_bob.get(overview(cast))
    )


def test_latency_is_said_in_words(as_bob, cast):
    cursor = factories.cursor(factories.connection(cast.feed))
    factories.append(cast.feed, 2, now=now() - timedelta(hours=1))
    factories.delivered(
        cursor, 2, now=now() - timedelta(hours=1) + timedelta(seconds=2)
    )

    shown = words(as_bob.get(overview(cast)))

    assert re.search(
        r"Half delivered within 2\.\d+ s 95% delivered within 2\.\d+ s", shown
    )
    assert not re.search(r"\bp(50|95)\b", shown)
