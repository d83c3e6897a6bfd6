from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from streams.catalog.retention_period import MAX_DAYS, MIN_DAYS, NOTICE, RetentionPeriod
from streams.catalog.services import change_stream
from tests import factories

DAY = timedelta(days=1)
MIDNIGHT = factories.NOW.replace(hour=0)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
RETENTIONS = st.builds(
    RetentionPeriod, st.integers(MIN_DAYS, MAX_DAYS), st.none() | MOMENTS
)


def test_a_day_expires_as_a_whole_after_the_retention_period():
    retention = RetentionPeriod(30)

    assert retention.cutoff(factories.NOW) == MIDNIGHT - 30 * DAY
    assert retention.kept_until(factories.NOW) == MIDNIGHT + 31 * DAY


def test_nothing_expires_in_the_week_after_retention_was_shortened():
    retention = RetentionPeriod(30, shortened_at=factories.NOW)

    assert retention.cutoff(factories.NOW + NOTICE - DAY) < factories.NOW - 300 * DAY
    assert retention.cutoff(factories.NOW + NOTICE) == MIDNIGHT + NOTICE - 30 * DAY
    assert retention.kept_until(factories.NOW - 90 * DAY) == factories.NOW + NOTICE


@given(RETENTIONS, MOMENTS, MOMENTS)
def test_a_day_expires_at_the_announced_moment(retention, received_at, now):
    assert (received_at < retention.cutoff(now)) == (
        now >= retention.kept_until(received_at)
    )


@given(RETENTIONS, MOMENTS)
def test_expiry_of_queued_events_is_known_a_week_ahead(retention, received_at):
    end = retention.kept_until(received_at)

    assert end - received_at > MIN_DAYS * DAY
    # A shorter retention that was set in between was known by then.
    if retention.shortened_at and end - received_at < MAX_DAYS * DAY:
        assert end - NOTICE >= retention.shortened_at


def change(stream, days):
    change_stream(
        stream=stream,
        name=stream.name,
        version=stream.version,
        allow_anonymous=False,
        create_workspaces=True,
        retention_days=days,
        check_mode="warn",
        actor=None,
    )
    stream.refresh_from_db()


@pytest.mark.django_db
def test_a_longer_retention_applies_at_once_and_a_shorter_one_is_recorded():
    stream = factories.stream()

    change(stream, 90)
    longer = stream.retention
    change(stream, 60)

    assert longer == RetentionPeriod(90, None)
    assert stream.retention_days == 60
    assert stream.retention_shortened_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("days", [MIN_DAYS - 1, MAX_DAYS + 1])
def test_the_database_enforces_the_bounds(days):
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.stream(retention_days=days)
