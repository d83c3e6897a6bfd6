"""One rule asked in two ways: of a connection at hand, and of the database."""

from __future__ import annotations

from itertools import product

import pytest

from streams.catalog.stage import Stage
from streams.connections.regions import Region
from streams.delivery.limits.approval import kept_by, reason
from streams.delivery.models import Cursor
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_connection_is_told_to_wait_just_when_the_database_keeps_its_cursor():
    told = set()
    for stage, region, is_test in product(Stage, Region, [True, False]):
        stream = factories.stream(stage=stage)
        workspace = factories.workspace(stream.partner, is_test=is_test)
        connection = factories.connection(
            factories.feed(stream, workspace), region=region
        )
        cursor = factories.due_cursor(1, connection)
        if kept_by(stream, workspace, connection) is None:
            told.add(cursor.pk)

    sent = Cursor.objects.to_send(factories.NOW).values_list("pk", flat=True)

    assert set(sent) == told
    assert 0 < len(told) < Cursor.objects.count()


def test_customers_read_why():
    assert reason(Stage.SUBMITTED) == "The stream is awaiting approval."
    assert reason(Stage.SUSPENDED) == "The stream is suspended."
