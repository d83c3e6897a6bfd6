from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from streams.base.clock import iso_ms, now
from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.delivery.replay import services
from streams.delivery.replay.models import Replay
from streams.events.models import Event
from streams.portal.workspace import events
from streams.tracked_users import store as tracked_users
from streams.tracked_users.kinds import SeenIds
from tests import factories


def url(cast, page: str = "replay-new", *args: object) -> str:
    return reverse(f"portal:{page}", args=[cast.workspace.public_id, *args])


def words(page) -> str:
    """Return the visible text in one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


@pytest.fixture
def live(cast) -> Cursor:
    """A connection that has sent eight events, of which 2, 4, 6 and 8 are clicks."""
    live = factories.due_cursor(8, factories.connection(cast.feed))
    Event.objects.filter(seq__in=(2, 4, 6, 8)).update(name="Email Clicked")
    factories.delivered(live, 8)
    return live


def count(client, cast, **asked):
    return client.get(url(cast), {"count": "1", "ids": "same", **asked})


def test_the_form_says_what_can_be_replayed(as_alice, cast, live):
    assert "You can replay events 1 to 8." in words(as_alice.get(url(cast)))


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ({}, "Replay 8 events?"),
        ({"first": "3", "last": "5"}, "Replay 3 events?"),
        ({"name": "Email Clicked"}, "Replay 4 events?"),
        ({"name": "Email Clicked", "last": "3"}, "Replay 1 event?"),
        ({"name": "email clicked"}, "No matching events"),
        ({"rejected_only": "on"}, "No matching events"),
    ],
)
def test_a_replay_is_previewed_and_nothing_starts(as_alice, cast, live, asked, title):
    page = count(as_alice, cast, **asked)

    assert title in words(page)
    assert ('<button class="button first" type="submit">' in page.text) is (
        title != "No matching events"
    )
    assert not Replay.objects.exists()


def test_a_count_that_would_take_too_long_is_reported_as_such(
    as_alice, cast, live, monkeypatch
):
    monkeypatch.setattr(services, "COUNTED", 4)

    page = words(count(as_alice, cast, name="Email Clicked"))

    assert "Replay at least 2 events?" in page
    assert "Counted in the first 4 of 8 events." in page


def test_a_time_is_in_the_readers_zone(as_alice, cast, live):
    factories.append(cast.feed, 1, now=factories.NOW + timedelta(hours=1))
    factories.delivered(live, 9)
    as_alice.cookies["zone"] = "Europe/Berlin"  # an hour ahead of UTC in March

    page = count(as_alice, cast, since="2026-03-02T11:30")

    assert "Event numbers 9–9" in words(page)


def test_the_previewed_selection_is_replayed(as_alice, cast, live):
    page = count(as_alice, cast, name="Email Clicked", last="5", ids="new")
    form = page.text.partition('action="' + url(cast))[2].partition("</form>")[0]
    fields = dict(re.findall(r'type="hidden" name="(\w+)"(?: value="([^"]*)")?', form))
    factories.append(cast.feed, 2)  # in between

    started = as_alice.post(url(cast), fields)

    replay = Replay.objects.select_related("cursor").get()
    assert started.url == url(cast, "replay", replay.public_id)
    assert (replay.cursor.start, replay.cursor.end_seq) == (0, 5)
    assert (replay.name, replay.new_ids) == ("Email Clicked", True)
    assert replay.requested_by == cast.alice


def test_the_times_of_a_replay_are_kept_and_shown(as_alice, cast, live):
    as_alice.cookies["zone"] = "Europe/Berlin"
    page = count(as_alice, cast, since="2026-03-02T10:30")
    form = page.text.partition('action="' + url(cast))[2].partition("</form>")[0]
    fields = dict(re.findall(r'type="hidden" name="(\w+)"(?: value="([^"]*)")?', form))

    started = as_alice.post(url(cast), fields)

    replay = Replay.objects.get()
    assert (iso_ms(replay.since), replay.until) == ("2026-03-02T09:30:00.000Z", None)
    for shown in (started.url, url(cast, "replays")):
        assert "since 2 Mar 2026, 10:30:00" in words(as_alice.get(shown))


def test_both_deduplication_modes_are_explained_before_the_start(as_alice, cast, live):
    same = words(count(as_alice, cast))
    assert (
        "Events that Segment accepted within the last 24 hours have no effect" in same
    )
    assert "A replay doesn't change it." in same
    assert "may be counted twice" not in same
    assert "may be counted twice" in words(count(as_alice, cast, ids="new"))


def test_events_from_before_a_changed_key_may_be_in_another_source(
    as_alice, cast, live
):
    unsure = "they may be in another source"
    Connection.objects.update(created_at=factories.NOW - timedelta(days=1))
    assert unsure not in words(count(as_alice, cast))

    Connection.objects.update(replaced_at=factories.NOW + timedelta(days=1))

    assert unsure in words(count(as_alice, cast))
    assert unsure not in words(count(as_alice, cast, ids="new"))


def seen(feed, at, *user_ids):
    ids = SeenIds()
    for one in user_ids:
        ids.add(feed.pk, one, "")
    tracked_users.add(ids, at=at)


def test_people_whom_new_message_ids_would_add_to_the_bill_are_announced(
    as_alice, cast, live
):
    seen(cast.feed, factories.NOW, "u1", "u2", "u3")
    seen(cast.feed, now(), "u1", "u9")

    page = words(count(as_alice, cast, ids="new"))

    month = f"{now():%B}"
    assert f"monthly tracked users for {month}: at most 2." in page
    assert "they cost $0.02 (prices: Segment's Team plan" in page
    assert "monthly tracked users" not in words(count(as_alice, cast))


def test_people_who_count_this_month_already_are_said_to_add_nothing(
    as_alice, cast, live
):
    other = factories.feed(factories.stream(cast.partner), cast.workspace)
    seen(cast.feed, factories.NOW, "u1")
    seen(other, now(), "u1")

    page = words(count(as_alice, cast, ids="new", stream=cast.stream.slug))

    assert "No more monthly tracked users" in page


def test_a_replay_of_events_from_before_people_were_counted_says_so(
    as_alice, cast, live
):
    assert "The number is unknown" in words(count(as_alice, cast, ids="new"))


def test_an_empty_range_is_reported_on_the_form(as_alice, cast, live):
    page = count(as_alice, cast, first="9")

    assert "You can replay events 1 to 8." in words(page)
    assert "Preview" in page.text


@pytest.mark.parametrize(
    "wrong", [{"first": "0"}, {"first": "x"}, {"first": "9" * 20}, {"since": "soon"}, {"ids": "no"}]
)  # fmt: skip
def test_invalid_input_is_explained(as_alice, cast, live, wrong):
    page = count(as_alice, cast, **wrong)

    assert 'class="errors"' in page.text


def test_before_anything_was_sent_the_page_says_so(as_alice, cast):
    factories.due_cursor(2, factories.connection(cast.feed))

    assert "None of the events that are still retained has been sent yet" in words(
        as_alice.get(url(cast))
    )


def test_the_last_failure_is_offered_as_a_start(as_alice, cast, live):
    Cursor.objects.filter(pk=live.pk).update(troubled_seq=4, troubled_at=factories.NOW)

    page = as_alice.get(url(cast))

    assert "Since the last delivery problem, 2 Mar, 10:00" in words(page)
    assert f'{url(cast)}?first=5"' in page.text
    assert 'name="first" value="5"' in as_alice.get(url(cast), {"first": 5}).text


def test_a_second_replay_is_not_started_beside_the_first(as_alice, cast, live):
    factories.replay(live)

    shown = words(count(as_alice, cast))
    started = as_alice.post(url(cast), {"ids": "same"}, follow=True)

    assert "Another replay is in progress." in shown
    assert "A replay is already running." in words(started)
    assert Replay.objects.count() == 1


def test_progress_refreshes_until_the_replay_has_ended(as_alice, cast, live):
    replay = factories.replay(live, position=6, rejected=1, filtered=2)
    address = url(cast, "replay-fresh", replay.public_id)

    running = as_alice.get(address)
    Cursor.objects.filter(pk=replay.pk).update(
        position=8, due_at=None, ended_at=factories.NOW
    )
    ended = as_alice.get(address)

    assert "75% done" in words(running)
    assert '<progress aria-labelledby="progress" max="8" value="6">' in running.text
    assert "Replayed 3" in words(running)
    assert 'hx-trigger="every 2s"' in running.text
    assert "Completed" in words(ended)
    assert "hx-trigger" not in ended.text
    assert "Cancel" not in ended.text


def test_expired_events_are_distinguished_from_filtered_ones(as_alice, cast, live):
    replay = factories.replay(live, position=6, filtered=2)
    address = url(cast, "replay", replay.public_id)

    before = words(as_alice.get(address))
    Cursor.objects.filter(pk=replay.pk).update(filtered=1, expired=3)
    after = words(as_alice.get(address))

    assert "Other events 2 don't match the filters" in before
    assert "Left to check 2 of 8 events in the range" in before
    assert "Expired" not in before
    assert (
        "Other events 1 don't match the filters Expired 3 deleted before they were sent"
        in after
    )


def test_a_replay_is_canceled_and_says_where(as_alice, cast, live):
    replay = factories.replay(live, position=3)

    page = as_alice.post(url(cast, "replay-cancel", replay.public_id), follow=True)
    again = as_alice.post(url(cast, "replay-cancel", replay.public_id), follow=True)

    assert "before event 4. Events sent before then stay" in words(page)
    assert "This replay has already ended." in words(again)


def test_the_list_shows_the_range_of_each_replay(as_alice, cast, live):
    as_alice.post(url(cast), {"first": "3", "last": "6", "ids": "same"})

    assert "All events in event numbers 3–6" in words(
        as_alice.get(url(cast, "replays"))
    )


def test_a_replay_leads_to_the_attempts_of_its_time_only(as_alice, cast, live):
    start, minute = factories.NOW + timedelta(hours=1), timedelta(minutes=1)
    replay = factories.replay(live, position=8, due_at=None, ended_at=start + minute)
    Replay.objects.update(requested_at=start)
    for at in (start - minute, start, start + 2 * minute):
        factories.delivery(replay.cursor, 1, 1, started_at=at)
    page = as_alice.get(url(cast, "replay", replay.public_id)).text
    link = re.search(r'href="([^"]+)">View the attempts during', page)[1]

    attempts = as_alice.get(unescape(link)).context["page"].deliveries

    assert [one.started_at for one in attempts] == [start]


def test_a_replay_halted_by_an_operator_says_so_and_why(as_alice, cast, live):
    replay = factories.replay(live, position=3)
    elsewhere = "eu" if live.connection.region != "eu" else "us"
    Halt.objects.create(region=elsewhere, reason="Not this one.")
    before = words(as_alice.get(url(cast, "replay", replay.public_id)))
    Halt.objects.create(stream=live.stream, reason="We look at a fault.")

    listed = words(as_alice.get(url(cast, "replays")))
    alone = words(as_alice.get(url(cast, "replay", replay.public_id)))

    assert "Running" in before
    assert "Running" not in listed + alone
    assert "Queued" in listed
    assert (
        "Delivery halted by the operator: We look at a fault. The replay continues"
        in alone
    )


def test_a_replay_of_a_suspended_stream_says_so(as_alice, cast, live):
    Connection.objects.filter(pk=live.connection_id).update(region="us")
    Stream.objects.filter(pk=live.stream_id).update(stage="suspended")
    replay = factories.replay(live, position=3)

    page = words(as_alice.get(url(cast, "replay", replay.public_id)))

    assert "Queued" in page
    assert "The stream is suspended. The replay continues" in page


def test_a_replay_that_has_ended_does_not_mention_a_halt(as_alice, cast, live):
    ended = {"due_at": None, "ended_at": factories.NOW}
    replay = factories.replay(live, position=8, **ended)
    Halt.objects.create(reason="We look at a fault.")

    page = words(as_alice.get(url(cast, "replay", replay.public_id)))

    assert "Completed" in page
    assert "We look at a fault" not in page


def test_a_stopped_replay_says_why(as_alice, cast, live):
    ended = {"due_at": None, "ended_at": factories.NOW}
    replay = factories.replay(live, position=3, stopped_because="Because.", **ended)

    assert "before event 4. Because." in words(
        as_alice.get(url(cast, "replay", replay.public_id))
    )


def test_viewers_see_the_replay_and_no_button(client, cast, live):
    client.force_login(cast.bob)
    replay = factories.replay(live)

    for page in (url(cast, "replays"), url(cast, "replay", replay.public_id)):
        shown = client.get(page).text
        assert "Running" in shown
        assert "Cancel" not in shown
        assert "New replay" not in shown


def test_another_workspaces_replay_is_not_found(as_alice, cast, live):
    theirs = factories.due_cursor(
        2, factories.connection(factories.feed(workspace=cast.elsewhere))
    )
    factories.delivered(theirs, 2)
    replay = factories.replay(theirs)

    for page, method in (("replay", "get"), ("replay-fresh", "get"), ("replay-cancel", "post")):  # fmt: skip
        answer = getattr(as_alice, method)(url(cast, page, replay.public_id))
        assert answer.status_code == 404
    assert Cursor.objects.get(pk=replay.pk).ended_at is None


def test_attempts_of_a_replay_are_marked_in_every_list(as_alice, cast, live):
    replay = factories.replay(live, name="Email Clicked")
    request = factories.delivery(replay.cursor, 2, 6, events=3)

    listed = as_alice.get(url(cast, "attempts"))
    of_event = as_alice.get(url(cast, "event", 4))
    of_other = as_alice.get(url(cast, "event", 3))
    alone = as_alice.get(url(cast, "delivery", request.pk))

    mark = '<span class="badge plain">Replay</span>'
    counts = [page.text.count(mark) for page in (listed, of_event, of_other)]
    assert counts == [1, 1, 0]
    assert url(cast, "replay", replay.public_id) in alone.text


def test_an_event_and_an_attempt_link_to_a_replay(as_alice, cast, live):
    request = factories.delivery(live, 2, 6)

    one = as_alice.get(url(cast, "event", 4)).text
    several = as_alice.get(url(cast, "delivery", request.pk)).text

    assert f'{url(cast)}?first=4&amp;last=4"' in one
    assert f'{url(cast)}?first=2&amp;last=6"' in several


def test_the_overview_shows_a_running_replay_and_keeps_its_figures(
    as_alice, cast, live
):
    before = as_alice.get(url(cast, "overview")).context["ledger"]

    factories.replay(live, position=4)
    page = as_alice.get(url(cast, "overview"))

    assert "A replay is in progress" in page.text
    assert page.context["ledger"] == before


# --- Where a connection starts ---------------------------------------------------------

KEY = "a1" * 16


def connect(client, cast, **asked):
    form = {"write_key": KEY, "region": "sandbox", **asked}
    return client.post(url(cast, "connection"), form, follow=True)


@pytest.mark.parametrize(
    ("asked", "start", "told"),
    [
        ({"start": "waiting"}, 0, "3 events are on the way"),
        ({"start": "now"}, 3, "Connected."),
        ({"start": "chosen", "start_seq": "3"}, 2, "1 event is on the way"),
        (
            {"start": "chosen", "start_at": "2026-03-02T10:00"},
            0,
            "3 events are on the way",
        ),
        ({"start": "chosen", "start_at": "2026-03-02T10:01"}, 3, "Connected."),
    ],
)
def test_the_start_of_a_connection_can_be_chosen(as_alice, cast, asked, start, told):
    factories.append(cast.feed, 3)

    page = connect(as_alice, cast, **asked)

    assert Cursor.objects.get().start == start
    assert told in words(page)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"start": "chosen"}, "Enter either an event number or a time"),
        ({"start": "chosen", "start_seq": "2", "start_at": "2026-03-02T10:00"}, "Enter either an event number or a time"),
        ({"start": "chosen", "start_seq": "5"}, "Events 1 to 3 are available"),
        ({"start": "chosen", "start_seq": "0"}, "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_an_invalid_start_is_explained(as_alice, cast, asked, told):
    factories.append(cast.feed, 3)

    page = connect(as_alice, cast, **asked)

    assert told in words(page)
    assert "Paste the write key again" in words(page)
    assert KEY not in page.text
    assert not Cursor.objects.exists()


def test_without_events_there_is_nothing_to_choose(as_alice, cast):
    page = as_alice.get(url(cast, "connection"))

    assert "Events to send" not in page.text
    assert connect(as_alice, cast).status_code == 200
    assert Cursor.objects.get().start == 0


def test_selected_events_are_previewed_and_replayed(as_alice, cast, live):
    page = count(as_alice, cast, seqs=["2", "7"], selected="on")
    assert "Replay 2 events?" in words(page)
    assert "2 selected events" in words(page)

    form = page.text.partition('action="' + url(cast))[2].partition("</form>")[0]
    sent = re.findall(r'name="(seqs|selected|first|last)" value="(\w+)"', form)
    assert sent == [
        ("first", "2"), ("last", "7"), ("seqs", "2"), ("seqs", "7"), ("selected", "on")
    ]  # fmt: skip

    fields = {"seqs": ["2", "7"], "selected": "on", "ids": "same"}
    as_alice.post(url(cast), {**fields, "first": "2", "last": "7"})

    replay = Replay.objects.get()
    shown = words(as_alice.get(url(cast, "replay", replay.public_id)))
    assert replay.filter.seqs == (2, 7)
    assert "2 selected events" in words(page)
    assert "2 selected events" in shown
    assert "vent numbers" not in words(page) + shown
    assert "in the range" not in shown


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"selected": "on"}, "Select at least one event in the list."),
        ({"seqs": ["1", "x"]}, "An event number is invalid."),
        ({"seqs": [str(n) for n in range(1001)]}, "Select at most 1,000 events."),
        ({"property_is": "plan"}, "Enter a path, =, and a value"),
    ],
)
def test_an_invalid_selection_is_refused(as_alice, cast, live, asked, error):
    assert error in words(count(as_alice, cast, **asked))


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ({"name": "email c"}, "Replay 4 events?"),
        ({"outcome": "rejected"}, "No matching events"),
        ({"last": "1h"}, "This range has no events to replay."),
        ({"outcome": "delivered"}, "Replay 8 events?"),
        ({"rule": "PLAN-EVENT-001"}, None),
        ({"property": "plan"}, None),
        ({}, None),
    ],
)
def test_all_events_that_match_the_list_can_be_replayed(
    as_alice, cast, live, query, title
):
    link = as_alice.get(url(cast, "events"), query).context["replay"].link

    assert bool(link) is (title is not None)
    if link:
        assert title in words(as_alice.get(link))


def test_viewers_select_nothing(as_bob, cast, live):
    page = as_bob.get(url(cast, "events"), {"name": "email"})

    assert 'name="seqs"' not in page.text
    assert page.context["replay"].link == ""


@pytest.mark.parametrize(
    ("query", "why", "without"),
    [
        ({"rule": "PLAN-EVENT-001"}, "limited to events with an issue", "?name=e"),
        ({"outcome": "delivered"}, "limited to this status", "?name=e"),
        ({"outcome": "queued"}, "haven't been sent yet", ""),
    ],
)
def test_a_list_that_no_replay_can_select_says_why_and_what_else_to_do(
    as_alice, cast, live, monkeypatch, query, why, without
):
    factories.published_plan(cast.stream, "Mail Opened")
    factories.append(cast.feed, 1)
    monkeypatch.setattr(events, "ROWS", 1)

    page = as_alice.get(url(cast, "events"), {"name": "e", **query})

    offer = page.context["replay"]
    assert (offer.link, offer.without) == ("", without)
    assert why in words(page)


def test_all_events_with_an_issue_are_selected_if_they_are_on_one_page(
    as_alice, cast, live
):
    factories.published_plan(cast.stream, "Email Clicked")

    page = as_alice.get(url(cast, "events"), {"rule": "PLAN-EVENT-001"})

    preview = words(as_alice.get(page.context["replay"].link))
    assert "Replay 8 events?" in preview
    assert "8 selected events" in preview
