from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.urls import reverse
from django.utils.html import escape

from streams.base.clock import now
from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.connections.write_keys import open_write_key
from streams.delivery.connection import services
from streams.delivery.connection.verification import send_test_event
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.events.models import Event
from streams.observability import ledger
from tests import factories

KEY, OTHER_KEY = "a1" * 16, "b2" * 16


def url(cast, page: str = "connection", *args: object) -> str:
    return reverse(f"portal:{page}", args=[cast.workspace.public_id, *args])


def connect(client, cast, **changes):
    return client.post(
        url(cast), {"write_key": KEY, "region": "sandbox", **changes}, follow=True
    )


def test_connecting_sends_queued_events_and_asks_segment_about_the_key(as_alice, cast):
    factories.append(cast.feed, 3)

    page = connect(as_alice, cast)

    connection = Connection.objects.get()
    assert open_write_key(connection).text == KEY
    assert (connection.region, connection.known) == ("sandbox", True)
    assert ledger.of(cast.feed).pending == 3
    assert "Connected. 3 events are on the way to Segment." in page.text


def test_a_key_unknown_to_segment_is_saved_with_a_warning(as_alice, cast, segment):
    segment.know({"write_key": OTHER_KEY, "region": "sandbox"})

    page = connect(as_alice, cast)

    assert "Write key not recognized" in page.text


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        (KEY[:-1], "The text has 31 characters"),
        (f"{KEY[:16]} {KEY[16:]}", "contains a space or a line break"),
        ("sgp_" + "x" * 40, "a token of Segment's Public API"),
        ("", "Paste the write key of your Segment source."),
    ],
)
def test_an_invalid_key_is_explained_and_not_sent_back(as_alice, cast, pasted, told):
    page = connect(as_alice, cast, write_key=pasted)

    assert escape(told) in page.text
    assert not pasted or pasted not in page.text
    assert not Connection.objects.exists()


def test_a_key_in_use_elsewhere_is_refused_without_saying_where(as_alice, cast):
    taken = factories.connection(
        factories.feed(workspace=cast.elsewhere), write_key=KEY
    )

    page = connect(as_alice, cast)

    assert "Another workspace already uses this write key" in page.text
    assert taken.feed.workspace.name not in page.text


def test_a_valid_key_must_be_entered_again_after_another_error(as_alice, cast):
    page = connect(as_alice, cast, region="")

    assert "Paste the write key again" in page.text
    assert KEY not in page.text


def test_browsers_are_asked_not_to_store_the_key(as_alice, cast):
    page = as_alice.get(url(cast))

    widget = str(page.context["form"]["write_key"])
    assert 'autocomplete="off"' in widget
    assert 'spellcheck="false"' in widget
    assert 'type="text"' in widget  # browsers offer to store any password field


def test_the_second_of_two_simultaneous_connections_is_refused(as_alice, cast):
    factories.cursor(factories.connection(cast.feed))

    page = connect(as_alice, cast)

    assert "someone else" in page.text.lower()
    assert Connection.objects.count() == 1


def test_a_change_is_previewed_with_the_queued_events(as_alice, cast):
    connection = factories.due_cursor(
        4, factories.connection(cast.feed, write_key=KEY)
    ).connection

    preview = as_alice.post(
        url(cast, "connection-change"), {"write_key": OTHER_KEY, "region": "eu"}
    )

    assert "4 events are queued" in preview.text
    assert f"…{OTHER_KEY[-4:]}, Europe (Ireland)" in preview.text
    assert OTHER_KEY not in preview.text
    connection.refresh_from_db()
    assert (connection.region, connection.key_last4) == ("sandbox", KEY[-4:])


def test_a_change_is_saved_as_previewed(as_alice, cast):
    factories.cursor(
        factories.connection(cast.feed, write_key=KEY, seen_at=factories.NOW)
    )
    preview = as_alice.post(
        url(cast, "connection-change"), {"write_key": OTHER_KEY, "region": "sandbox"}
    )

    as_alice.post(
        url(cast, "connection-replace"), {"change": preview.context["sealed_change"]}
    )

    connection = Connection.objects.get()
    assert open_write_key(connection).text == OTHER_KEY
    assert (connection.known, connection.seen_at) == (True, None)


def test_the_page_says_when_the_key_was_changed(as_alice, cast):
    connection = factories.cursor(factories.connection(cast.feed)).connection
    assert "Key or region changed" not in as_alice.get(url(cast)).text

    services.replace(connection=connection, region="eu", actor=cast.alice)

    assert "Key or region changed" in as_alice.get(url(cast)).text


def test_the_page_says_whether_events_arrive_from_segment(as_alice, cast):
    factories.cursor(factories.connection(cast.feed))
    assert "Set up…" in as_alice.get(url(cast)).text

    address, _ = factories.inbound_address(cast.feed)
    assert "Waiting for the first event" in as_alice.get(url(cast)).text
    address.received, address.last_received_at = 1, factories.NOW
    address.save()

    shown = as_alice.get(url(cast)).text
    assert ">Receiving</span>" in shown
    assert "Set up…" not in shown


def test_a_change_to_a_key_that_segment_refuses_names_one_next_step(
    as_alice, cast, segment
):
    factories.cursor(factories.connection(cast.feed, write_key=KEY))
    segment.know({"write_key": KEY, "region": "sandbox"})
    preview = as_alice.post(
        url(cast, "connection-change"), {"write_key": OTHER_KEY, "region": "sandbox"}
    )

    page = as_alice.post(
        url(cast, "connection-replace"),
        {"change": preview.context["sealed_change"]},
        follow=True,
    )

    assert "we check whether Segment recognizes the write key" in preview.text
    assert (
        "Changes saved, but Segment doesn&#x27;t recognize this write key" in page.text
    )
    assert "Changes saved. Send a test event" not in page.text


@pytest.mark.parametrize(
    ("known", "title", "hint"),
    [
        (True, "Change key or region", "Leave empty to keep the current key."),
        (False, "Replace write key", "Leave empty only if the key is right"),
    ],
)
def test_the_form_for_a_new_key_is_named_as_the_button_that_opens_it(
    as_alice, cast, known, title, hint
):
    source = factories.connection(cast.feed, known=known, known_at=factories.NOW)
    factories.cursor(source)

    button = as_alice.get(url(cast)).text
    form = as_alice.get(url(cast, "connection-change")).text

    assert title in button
    assert f"<h1>{title}</h1>" in form
    assert ("(optional)" in form) is known
    assert hint in form


def test_a_change_of_nothing_has_no_preview(as_alice, cast):
    factories.cursor(factories.connection(cast.feed))

    page = as_alice.post(
        url(cast, "connection-change"), {"write_key": "", "region": "sandbox"}
    )

    assert "Nothing has changed" in page.text


def test_a_test_event_is_tracked_until_it_arrives(as_alice, cast):
    connection = factories.connection(cast.feed)
    cursor = factories.cursor(connection)

    sent = as_alice.post(url(cast, "connection-test"))

    event = Event.objects.get()
    assert sent.url == f"{url(cast)}?test={event.seq}#test"
    connection.refresh_from_db()
    fresh = f"{url(cast, 'connection-fresh')}?test={event.seq}"
    part = as_alice.get(fresh)
    assert f"Sending the test event with the code {connection.test_code}" in part.text
    assert 'hx-trigger="every 1s"' in part.text
    assert "1 event is on the way to Segment." in part.text
    Cursor.objects.filter(pk=cursor.pk).update(position=1, due_at=None)
    part = as_alice.get(fresh)
    assert f'<p class="test-code">{connection.test_code}</p>' in part.text
    assert 'hx-trigger="every 5s"' in part.text
    assert "on the way" not in part.text  # the queue is as fresh as the test event


def test_a_connection_that_is_up_to_date_says_how_many_events_are_in_quarantine(
    as_bob, cast
):
    factories.cursor(factories.connection(cast.feed, known=True, seen_at=factories.NOW))
    factories.quarantined(cast.feed, 2)

    page = as_bob.get(url(cast, "overview")).text

    assert "Up to date" in page
    assert "2 events are in quarantine, until they are released or discarded" in page


def test_another_test_event_leaves_the_connection_verified(as_alice, cast):
    source = factories.connection(cast.feed, known=True, seen_at=factories.NOW)
    cursor = factories.cursor(source)

    sent = as_alice.post(url(cast, "connection-test"))
    Cursor.objects.filter(pk=cursor.pk).update(position=1, due_at=None)
    page = as_alice.get(sent.url).text
    code = Connection.objects.get().test_code

    assert "Up to date" in page
    assert "not verified" not in page
    assert f'<p class="test-code">{code}</p>' in page

    as_alice.post(url(cast, "connection-seen"))
    assert Connection.objects.get().seen_at > factories.NOW
    assert code not in as_alice.get(url(cast)).text


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ("sandbox", ">the sandbox</a>"),
        ("sandbox-eu", ">the sandbox</a>"),
        ("us", "Debugger"),
        ("eu", "Debugger"),
    ],
)
def test_a_test_event_is_looked_for_where_it_arrived(as_alice, cast, region, place):
    connection = factories.connection(cast.feed, region=region)
    cursor = factories.cursor(connection)
    sent = send_test_event(connection=connection, actor=cast.alice)
    factories.delivered(cursor, sent.seq)

    page = as_alice.get(url(cast)).text

    assert "Delivered to Segment" in page
    assert [one for one in (">the sandbox</a>", "Debugger") if one in page] == [place]


def test_a_test_event_is_the_one_way_to_verify_a_key_that_was_not_checked(
    as_alice, cast, segment
):
    segment.know({"write_key": KEY, "region": "sandbox"})
    factories.cursor(factories.connection(cast.feed, write_key=KEY, region="sandbox"))

    before = as_alice.get(url(cast)).text
    as_alice.post(url(cast, "connection-test"))

    assert "This also happens when you send a test event." in before
    assert url(cast, "connection-check") not in before
    assert Connection.objects.get().known is True
    assert Event.objects.count() == 1


def test_no_test_event_is_sent_to_a_key_that_segment_does_not_recognize(
    as_alice, cast, segment
):
    segment.know({"write_key": OTHER_KEY, "region": "sandbox"})
    factories.cursor(factories.connection(cast.feed, write_key=KEY, region="sandbox"))

    page = as_alice.post(url(cast, "connection-test"), follow=True).text

    assert "Segment doesn&#x27;t recognize the key" in page
    assert Event.objects.count() == 0


def test_a_test_event_that_is_sent_while_the_page_is_built_is_not_queued(
    as_alice, cast
):
    cursor = factories.cursor(factories.connection(cast.feed))
    as_alice.post(url(cast, "connection-test"))
    waiting = [cursor.pk]

    def send_after_the_status(execute, sql, *rest):
        if waiting and 'FROM "streams_event"' in sql:
            Cursor.objects.filter(pk=waiting.pop()).update(position=1, due_at=None)
        return execute(sql, *rest)

    with database.execute_wrapper(send_after_the_status):
        page = as_alice.get(f"{url(cast)}?test=1").text

    assert waiting == []
    assert "Check that the event arrived" in page
    assert "on the way" not in page


def test_a_page_whose_connection_was_deleted_is_loaded_again(as_alice, cast):
    part = as_alice.get(url(cast, "connection-fresh"))

    assert part.headers["HX-Refresh"] == "true"


def test_the_test_event_is_still_there_after_a_reload(as_alice, cast):
    factories.cursor(factories.connection(cast.feed))
    as_alice.post(url(cast, "connection-test"))

    page = as_alice.get(url(cast))

    assert page.context["test"].code == Connection.objects.get().test_code


def test_another_event_is_not_a_test_event(as_alice, cast):
    factories.cursor(factories.connection(cast.feed))
    factories.append(cast.feed)

    part = as_alice.get(f"{url(cast, 'connection-fresh')}?test=1")

    assert part.context["test"] is None


def test_a_paused_connection_shows_the_number_of_queued_events(as_alice, cast):
    factories.due_cursor(
        2, factories.connection(cast.feed, known=True, seen_at=factories.NOW)
    )

    page = as_alice.post(url(cast, "connection-pause"), follow=True)

    kept = (
        "No events are sent until delivery is resumed. 2 events are queued. The oldest"
    )
    assert f"{kept} is kept until 2 April 2026, 00:00." in page.text


def test_an_action_that_is_not_possible_says_why(as_alice, cast):
    factories.cursor(factories.connection(cast.feed))

    page = as_alice.post(url(cast, "connection-resume"), follow=True)

    assert "This connection is already active" in page.text


def test_deleting_shows_first_what_happens_to_queued_events(client, cast):
    client.force_login(cast.anna)
    factories.due_cursor(2, factories.connection(cast.feed))

    page = client.get(url(cast, "connection-delete"))
    client.post(url(cast, "connection-delete"))

    assert "2 events are queued." in page.text
    assert not Connection.objects.current().exists()


@pytest.mark.parametrize("name", ["bob", "sam", "petra"])
def test_viewers_see_four_characters_and_no_button(client, cast, name):
    client.force_login(getattr(cast, name))
    factories.cursor(factories.connection(cast.feed, write_key=KEY))

    page = client.get(url(cast))

    assert KEY[-4:] in page.text
    assert KEY not in page.text
    forms = re.findall('<form[^>]*method="post"[^>]*>', page.text)
    assert [form for form in forms if "logout" not in form] == []
    assert "Send a test event" not in page.text


def test_a_queue_is_shown_with_its_share_and_its_forecast(as_alice, cast):
    cursor = factories.due_cursor(12, factories.connection(cast.feed))
    factories.due_cursor(1, factories.connection(factories.feed(cast.stream)))
    Cursor.objects.update(due_at=now())
    factories.delivered(cursor, 2, now=now())

    page = as_alice.get(url(cast)).text

    assert "10 events" in page
    assert (
        "2 connections share 50 requests per second, and each can send one request every 40 ms"
        in page
    )
    assert "About 5 seconds at the rate of the last minute" in page


def test_a_halt_tells_customers_why_and_that_nothing_is_lost(as_alice, cast):
    factories.due_cursor(3, factories.connection(cast.feed, region="eu"))
    Halt.objects.create(region="eu", reason="Segment has an outage in Europe.")

    page = as_alice.get(url(cast)).text

    assert "Delivery halted by the operator" in page
    assert "Segment has an outage in Europe. 3 events are queued. The oldest is" in page


def test_customers_of_an_unapproved_stream_see_their_queued_events(as_alice, cast):
    factories.due_cursor(3, factories.connection(cast.feed, region="us"))
    Stream.objects.update(stage="draft")

    page = as_alice.get(url(cast)).text
    overview = as_alice.get(url(cast, "overview")).text

    assert "Delivery to Segment starts when the stream is approved." in page
    assert "Empty in" not in page
    for told in (page, overview):
        assert "Stream awaiting approval" in told
        assert "3 events are queued. The oldest is kept until" in told


def test_queued_events_are_skipped_after_a_preview(as_alice, cast):
    factories.due_cursor(3, factories.connection(cast.feed))
    factories.append(cast.feed, 2, now=factories.NOW + timedelta(hours=1))
    page = url(cast, "connection-skip")

    preview = as_alice.get(page, {"before": "2026-03-02T10:30"})
    done = as_alice.post(page, {"up_to": preview.context["span"].end}, follow=True)

    assert "3 events received before" in preview.text
    replay = f"{url(cast, 'replay-new')}?first=1&amp;last=3"
    assert f'3 events skipped. <a href="{replay}">Replay them</a>' in done.text
    shown = as_alice.get(url(cast, "overview")).text
    assert ledger.of(cast.feed).filtered == 3
    assert "Skipped" in shown


def test_presets_offer_the_times_before_which_events_are_queued(as_alice, cast):
    factories.cursor(factories.connection(cast.feed), position=0)
    for age in (timedelta(hours=30), timedelta(hours=2), timedelta(minutes=5)):
        factories.append(cast.feed, now=now() - age)
    Cursor.objects.update(position=0, due_at=now())

    presets = as_alice.get(url(cast, "connection-skip")).context["presets"]
    skipped = [
        as_alice.get(preview).context["span"].size for _label, preview in presets
    ]

    assert [
        (str(label), size) for (label, _), size in zip(presets, skipped, strict=True)
    ] == [
        ("All that are queued now", 3),
        ("Older than 1 hour", 2),
        ("Older than 24 hours", 1),
    ]


def test_a_time_without_queued_events_before_it_is_explained(as_alice, cast):
    factories.due_cursor(3, factories.connection(cast.feed))

    page = as_alice.get(url(cast, "connection-skip"), {"before": "2026-03-02T09:00"})

    assert "No queued event was received before this time." in page.text


def test_events_that_were_sent_since_the_preview_are_not_skipped(as_alice, cast):
    factories.delivered(factories.due_cursor(3, factories.connection(cast.feed)), 3)

    page = as_alice.post(url(cast, "connection-skip"), {"up_to": "2"}, follow=True)

    assert "These events are no longer queued. Nothing was skipped." in page.text
    assert ledger.of(cast.feed).filtered == 0


def test_resuming_from_the_overview_leads_back_to_it(as_alice, cast):
    factories.cursor(factories.connection(cast.feed, status="paused"))
    overview = url(cast, "overview")
    back = f'<input type="hidden" name="back" value="{overview}">'

    assert back in as_alice.get(overview).text
    assert back not in as_alice.get(url(cast)).text
    done = as_alice.post(url(cast, "connection-resume"), {"back": overview})
    assert done.url == overview
