"""The page “Usage”: how many people Segment counts because of the tool's events."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from streams.tracked_users.kinds import SeenIds
from streams.tracked_users.prices import PriceTable
from streams.tracked_users.store import add
from tests import factories

pytestmark = pytest.mark.django_db

NOVEMBER, DECEMBER = (datetime(2026, month, 15, 12, tzinfo=UTC) for month in (11, 12))


@pytest.fixture(autouse=True)
def _in_december(settings):
    settings.MTU_PRICES = [(0, Decimal("0.012")), (25_000, Decimal("0.01"))]
    with time_machine.travel(DECEMBER, tick=False):
        yield


@pytest.fixture
def page(cast):
    return reverse("portal:usage", args=[cast.workspace.public_id])


def people(feed, *user_ids, at=DECEMBER, others=False):
    seen = SeenIds()
    for one in user_ids:
        (seen.add_of_others if others else seen.add)(feed.pk, one, "")
    add(seen, at=at)


def row_of(response, name) -> list[str]:
    [row] = [
        [row.this_month, row.last_month, row.only_here]
        for row in response.context["rows"]
        if row.name == name
    ]
    return row


def test_this_month_and_the_last_one_are_shown_for_each_stream_and_together(
    as_bob, page, cast
):
    other = factories.feed(
        factories.stream(cast.partner, name="Surveys"), cast.workspace
    )
    people(cast.feed, "u1", "u2")
    people(other, "u2", "u3")
    people(other, "u9", at=NOVEMBER)

    response = as_bob.get(page)

    assert row_of(response, cast.stream.name) == ["2", "", ""]
    assert row_of(response, "Surveys") == ["2", "1", ""]
    assert row_of(response, "All streams") == ["3", "1", ""]
    assert "December 2026, so far" in response.text
    assert "Unknown" in response.text


def test_people_whom_other_sources_have_are_not_only_because_of_this_tool(
    as_bob, page, cast
):
    people(cast.feed, "u1", "u2", "u3")
    people(cast.feed, "u1", "u7", others=True)

    response = as_bob.get(page)

    assert row_of(response, cast.stream.name) == ["3", "", "2"]
    assert "(2) cost $0.02 this month" in response.text


def test_estimates_are_shown_with_their_error(as_bob, page, cast):
    people(cast.feed, *[f"u{n}" for n in range(20_000)])

    response = as_bob.get(page)

    assert row_of(response, cast.stream.name)[0].startswith("about ")
    assert "±" in row_of(response, cast.stream.name)[0]


def test_the_price_table_is_shown_with_its_source_and_date(
    as_bob, page, cast, settings
):
    settings.MTU_PRICES_SOURCE = "Our contract"
    settings.MTU_PRICES_DATE = date(2026, 10, 3)
    people(cast.feed, *[f"u{n}" for n in range(1_000)])

    response = as_bob.get(page)

    assert "charges $0.01 to $0.012 for each person" in response.text
    assert "(1,000) cost $10.00 to $12.00 this month at most" in response.text
    assert "Prices: Our contract, checked on 3 October 2026." in response.text


def test_without_a_price_table_no_cost_is_shown(as_bob, page, settings):
    settings.MTU_PRICES = []

    assert "Effect on the bill" not in as_bob.get(page).text


def test_the_page_says_since_when_people_are_counted(as_bob, page, cast):
    people(cast.feed, "u1", at=NOVEMBER)
    assert "has counted people since 15 November 2026" in as_bob.get(page).text

    with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC), tick=False):
        assert "has counted people since" not in as_bob.get(page).text


def test_one_price_is_no_range():
    table = PriceTable([(0, Decimal("0.5"))], "x", date(2026, 1, 1))

    assert table.cost(3).is_one
    assert table.cost(3).most == Decimal("1.50")


def test_the_number_of_queries_is_the_same_for_several_streams(
    as_bob, page, cast, django_assert_num_queries
):
    people(cast.feed, "u1")
    with django_assert_num_queries(10):
        as_bob.get(page)
    for name in ("A", "B"):
        people(
            factories.feed(factories.stream(cast.partner, name=name), cast.workspace),
            "u1",
        )

    with django_assert_num_queries(10):
        as_bob.get(page)
