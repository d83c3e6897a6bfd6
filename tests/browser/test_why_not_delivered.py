"""The reason why an event was not delivered is three clicks away from the overview."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.stage import Stage
from streams.connections.models import Connection
from streams.delivery.connection import status
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor, Delivery, Rejection
from streams.delivery.retention.expiry import expire
from tests import factories
from tests.browser.page_actions import barriers

pytestmark = pytest.mark.browser


def rejected(live: Cursor) -> None:
    factories.rejected(live, reason="Invalid timestamp")


def retrying(live: Cursor) -> None:
    factories.delivery(
        live, 1, 3, outcome=Delivery.Outcome.RETRY, status_code=503,
        error="Segment isn't accepting events right now.", started_at=now(),
        retry_at=now() + timedelta(minutes=5),
    )  # fmt: skip
    Cursor.objects.filter(pk=live.pk).update(
        failures=2, failing_since=now(), due_at=now() + timedelta(minutes=5)
    )


def paused(live: Cursor) -> None:
    status.pause(connection=live.connection, actor=None)


def halted(live: Cursor) -> None:
    Halt.objects.create(reason="Segment has an incident.")


def awaiting_approval(live: Cursor) -> None:
    Stream.objects.filter(pk=live.stream_id).update(stage=Stage.SUBMITTED)
    # The sandbox's region needs no approval.
    Connection.objects.filter(pk=live.connection_id).update(region="us")


def key_refused(live: Cursor) -> None:
    status.need_attention(
        connection=live.connection, reason="Segment rejected the write key."
    )


def quarantined(live: Cursor) -> None:
    factories.delivered(live, 3, now=now())
    factories.quarantined(live.feed, now=now())


def expired(live: Cursor) -> None:
    expire([live.feed_id], cutoff=now() + timedelta(days=1))


def recovered(live: Cursor) -> None:
    rejection = factories.rejected(live)
    factories.delivered(live, 3, now=now())
    replay = factories.replay(live, position=3, due_at=None, ended_at=now())
    factories.delivery(replay.cursor, 1, 3, started_at=now())
    Rejection.objects.filter(pk=rejection.pk).update(
        recovered_by=replay.cursor, recovered_at=now()
    )
    Cursor.objects.filter(pk=live.pk).update(recovered=1)


def in_flight(live: Cursor) -> None:
    """Three events are queued, and nothing is wrong."""


# The cause, the figure of the overview, whether an event is opened after it, and a text of
# the page.
CASES: list[tuple[Callable[[Cursor], None], str, bool, str]] = [
    (rejected, "Rejected by Segment", True, "Invalid timestamp"),
    (retrying, "Queued", True, r"503.*(next attempt|retr)"),
    (paused, "Queued", True, "paused"),
    (halted, "Queued", True, "Segment has an incident"),
    (awaiting_approval, "Queued", True, "approv"),
    (key_refused, "Queued", True, "write key"),
    (quarantined, "In quarantine", True, "PLAN-EVENT-001"),
    (expired, "Expired", False, "before (it|they) (was|were) sent|unsent"),
    (recovered, "Recovered", True, "replay"),
    (in_flight, "Queued", True, "next|first|before it|on its way"),
]


@pytest.mark.parametrize(
    ("happened", "figure", "opens_event", "said"),
    CASES,
    ids=lambda case: getattr(case, "__name__", None),
)
def test_the_reason_is_three_clicks_away(
    page, live_server, transactional_db, happened, figure, opens_event, said
):
    cast = factories.cast()
    connection = factories.connection(cast.feed, known=True, seen_at=factories.NOW)
    live = factories.cursor(connection)
    factories.append(cast.feed, 3, now=now())
    live.refresh_from_db()
    happened(live)
    client = Client()
    client.force_login(cast.anna)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    page.context.add_cookies([{**cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/w/{cast.workspace.public_id}/")

    tile = page.locator("dl.figures > div").filter(
        has=page.get_by_text(figure, exact=True)
    )
    tile.get_by_role("link").first.click()
    if opens_event:  # the second click
        page.get_by_role("main").locator("a.whole").last.click()

    main = page.get_by_role("main")
    expect(main).to_contain_text(re.compile(said, re.IGNORECASE | re.DOTALL))
    assert barriers(page) == []
