"""Exports from their request to their file."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError

from streams.audit.models import AuditEntry
from streams.base.clock import iso_ms, now
from streams.delivery.connection import services as connections
from streams.events.models import Event
from streams.exports import services
from streams.exports.event_rows import stored_filter
from streams.exports.models import KEPT, Export, ExportPart
from streams.exports.services import (
    SILENT,
    ExportRunning,
    content,
    delete_export,
    forget,
    has_lost_its_worker,
    request_export,
    work,
)
from streams.observability.event_search import EventSearch
from tests import factories
from tests.factories import NOW
from tests.locks import in_thread

pytestmark = pytest.mark.django_db

Format = Export.Format


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(services, "PART_ROWS", 2)


def request(feed, form=Format.JSON_LINES, **wanted) -> Export:
    return request_export(
        feed=feed,
        wanted=stored_filter(EventSearch(**wanted)),
        form=form,
        actor=factories.user(),
    )


def work_off(export: Export, *, parts: int = 1_000) -> Export:
    """Work until nothing is left, or for a number of parts."""
    left = iter(range(parts))
    work(lambda: next(left, None) is None, rest=lambda _seconds: None)
    return Export.objects.get(pk=export.pk)


def file_of(export: Export) -> bytes:
    return b"".join(content(export))


def rows_of(export: Export) -> list[dict[str, object]]:
    return [json.loads(line) for line in file_of(export).splitlines()]


def numbers_of(export: Export) -> list[object]:
    return [row["number"] for row in rows_of(export)]


def test_every_event_is_in_the_file_once_newest_first():
    cursor = factories.due_cursor(events=5)
    factories.delivered(cursor, 2)
    factories.rejected(cursor, reason="Too old")

    export = work_off(request(cursor.feed))

    assert export.state == Export.State.COMPLETE
    rows = rows_of(export)
    assert [(row["number"], row["status"]) for row in rows] == [
        (5, "queued"), (4, "queued"), (3, "rejected"), (2, "delivered"), (1, "delivered"),
    ]  # fmt: skip
    assert rows[2]["reason"] == "Too old"
    assert rows[0]["event"]["messageId"] == rows[0]["messageId"]
    assert (export.rows, export.size_bytes) == (5, len(file_of(export)))


def test_a_released_event_has_the_time_of_its_receipt():
    feed = factories.due_cursor(events=1).feed
    Event.objects.update(payload=b'{"receivedAt":"2026-01-02T03:04:05.000Z"}')

    (row,) = rows_of(work_off(request(feed)))

    assert row["receivedAt"] == "2026-01-02T03:04:05.000Z"


def test_a_filter_selects_the_rows():
    cursor = factories.due_cursor(events=5)
    factories.delivered(cursor, 1)
    factories.rejected(cursor)

    assert numbers_of(work_off(request(cursor.feed, outcome="rejected"))) == [2]
    assert numbers_of(work_off(request(cursor.feed, name="No such name"))) == []


@pytest.mark.parametrize("events", [0, 1, 2, 5])
def test_the_json_is_one_array(events):
    cursor = factories.due_cursor(events=events)

    rows = json.loads(file_of(work_off(request(cursor.feed, Format.JSON))))

    assert [row["number"] for row in rows] == list(range(events, 0, -1))


def test_the_csv_has_a_header_and_runs_no_formula():
    feed = factories.feed()
    factories.append(feed, 3, name="=HYPERLINK(1)", event="=HYPERLINK(1)")

    export = work_off(request(feed, Format.CSV))

    rows = list(csv.DictReader(io.StringIO(file_of(export).decode())))
    assert [row["number"] for row in rows] == ["3", "2", "1"]
    assert {row["name"] for row in rows} == {"'=HYPERLINK(1)"}
    assert json.loads(rows[0]["event"])["messageId"] == rows[0]["messageId"]


def test_the_csv_has_the_campaign_in_columns():
    feed = factories.feed()
    campaign = {"name": "=Spring", "source": "email", "medium": 7, "content": {"ad": 1}}
    factories.append(feed, 1, context={"campaign": campaign})
    factories.append(feed, 1, context={"campaign": "Spring"})

    rows = csv.DictReader(
        io.StringIO(file_of(work_off(request(feed, Format.CSV))).decode())
    )

    columns = [
        f"campaign_{key}" for key in ("name", "source", "medium", "term", "content")
    ]
    assert rows.fieldnames is not None
    assert list(rows.fieldnames)[-6:] == [*columns, "event"]
    assert [[row[column] for column in columns] for row in rows] == [
        [""] * 5, ["'=Spring", "email", "7", "", '{"ad":1}'],
    ]  # fmt: skip
    assert "campaign_name" not in rows_of(work_off(request(feed)))[0]


def test_events_received_later_are_not_in_the_file():
    feed = factories.feed()
    factories.append(feed, 2)
    export = request(feed)

    factories.append(feed, 2)

    assert numbers_of(work_off(export)) == [2, 1]


def test_another_worker_continues_where_one_stopped():
    feed = factories.feed()
    factories.append(feed, 5)
    export = work_off(request(feed), parts=2)
    assert (export.state, export.rows) == (Export.State.RUNNING, 4)

    assert numbers_of(work_off(export)) == [5, 4, 3, 2, 1]


def test_a_part_that_failed_leaves_nothing_behind(monkeypatch):
    feed = factories.feed()
    factories.append(feed, 5)
    export = request(feed)
    monkeypatch.setattr(services.gzip, "compress", broken)

    with pytest.raises(OperationalError, match="gone"):
        work_off(export)

    monkeypatch.undo()
    assert not ExportPart.objects.exists()
    silence(export)
    assert numbers_of(work_off(export)) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("silent", [False, True])
def test_two_workers_never_write_the_same_part(monkeypatch, silent):
    feed = factories.feed()
    factories.append(feed, 5)
    export = request(feed)
    compress = services.gzip.compress

    def while_the_first_compresses(*args):
        monkeypatch.setattr(services.gzip, "compress", compress)
        if silent:
            silence(export)
        work_off(export, parts=1)
        return compress(*args)

    monkeypatch.setattr(services.gzip, "compress", while_the_first_compresses)
    work_off(export, parts=1)
    # A silent worker loses its claim, and drops its part.
    assert ExportPart.objects.filter(export=export).count() == 1

    assert numbers_of(work_off(export)) == [5, 4, 3, 2, 1]


@pytest.mark.django_db(transaction=True)
def test_events_are_accepted_while_a_part_is_written(monkeypatch):
    feed = factories.feed()
    factories.append(feed, 5)
    export = request(feed)
    compress = services.gzip.compress

    def while_others_append(*args):
        with ThreadPoolExecutor(1) as pool:
            in_thread(pool, factories.append, feed, 1).result()
        return compress(*args)

    monkeypatch.setattr(services.gzip, "compress", while_others_append)
    assert numbers_of(work_off(export)) == [5, 4, 3, 2, 1]

    feed.refresh_from_db()
    assert feed.head_seq > 5


def silence(export: Export) -> None:
    """Pretend that its worker has done nothing for longer than a claim lasts."""
    Export.objects.filter(pk=export.pk).update(worked_at=now() - SILENT * 2)


def broken(*_):
    raise OperationalError("The database is gone.")


def test_an_export_that_cannot_be_written_fails_alone():
    broken_feed, feed = factories.feed(), factories.feed()
    factories.append(broken_feed, 3)
    factories.append(feed, 3)
    failing, other = request(broken_feed, property="properties.a = 1"), request(feed)
    # Stored before its filter became invalid.
    Export.objects.filter(pk=failing.pk).update(filter={"property": "nothing"})

    assert numbers_of(work_off(other)) == [3, 2, 1]

    failing.refresh_from_db()
    assert failing.state == Export.State.FAILED
    assert failing.ended_at is not None
    request(broken_feed)  # it doesn't block the next one


def test_an_export_ends_at_its_largest_size(monkeypatch):
    monkeypatch.setattr(services, "MAX_ROWS", 4)
    feed = factories.feed()
    factories.append(feed, 6)

    export = work_off(request(feed))

    assert export.state == Export.State.CUT
    assert numbers_of(export) == [6, 5, 4, 3]


def test_one_export_of_a_feed_runs_at_a_time():
    feed = factories.feed()
    factories.append(feed, 3)
    first = request(feed)

    with pytest.raises(ExportRunning, match="in progress already"):
        request(feed)

    work_off(first)
    request(feed)


def test_an_export_that_no_worker_touches_is_noticed():
    feed = factories.feed()
    factories.append(feed, 3)
    assert not has_lost_its_worker()

    export = request(feed)
    assert has_lost_its_worker()

    work_off(export)
    assert not has_lost_its_worker()


def test_a_deleted_export_stops_and_leaves_nothing():
    feed = factories.feed()
    factories.append(feed, 5)
    export = work_off(request(feed), parts=1)

    delete_export(export=export, actor=factories.user())
    work(lambda: False, rest=lambda _seconds: None)

    assert not Export.objects.exists()
    assert not ExportPart.objects.exists()


def test_files_are_deleted_a_day_after_they_were_completed():
    feed = factories.feed()
    factories.append(feed, 3)
    export = work_off(request(feed))
    running = request(feed)

    assert forget(now() + KEPT - timedelta(minutes=1)) == 0
    assert forget(now() + KEPT + timedelta(minutes=1)) == 1

    assert not ExportPart.objects.filter(export=export.pk).exists()
    assert list(Export.objects.all()) == [running]


def test_the_activity_log_names_the_filters_and_not_their_values():
    feed = factories.feed()
    factories.append(feed, 1)

    request(feed, email="ada@example.com")

    entry = AuditEntry.objects.latest("pk")
    assert entry.action == "export.requested"
    assert entry.detail["filter"] == "email"
    assert "ada@example.com" not in str(entry.detail)


def test_the_file_is_downloaded_as_it_was_written(client):
    cast = factories.cast()
    factories.append(cast.feed, 3)
    client.force_login(cast.bob)
    home = f"/w/{cast.workspace.public_id}/exports/"

    new = f"{home}new/?type=track"
    made = client.post(new, {"format": "jsonl"})
    work(lambda: False, rest=lambda _seconds: None)

    response = client.get(f"{made['Location']}file/")
    body = response.getvalue()
    assert response["Content-Type"] == "application/x-ndjson"
    assert response["Content-Length"] == str(len(body))
    assert len(body.splitlines()) == 3
    assert "attachment" in response["Content-Disposition"]


def test_delivery_attempts_are_exported_as_they_are_listed(client):
    cast = factories.cast()
    cursor = factories.due_cursor(3, factories.connection(cast.feed))
    failed = factories.delivery(
        cursor, 1, 3, outcome="retry", status_code=503, error="Segment returned 503.",
        answer="=busy", retry_at=NOW,
    )  # fmt: skip
    factories.delivery(cursor, 1, 3)
    client.force_login(cast.bob)
    listed = f"/w/{cast.workspace.public_id}/attempts/?outcome=retry&status=5xx"

    page = client.get(client.get(listed).context["export_url"])
    assert "Export delivery attempts" in page.text
    made = client.post(page.wsgi_request.get_full_path(), {"format": "jsonl"})
    work(lambda: False, rest=lambda _seconds: None)

    (row,) = rows_of(Export.objects.get())
    assert row == {
        "id": failed.pk, "sentAt": iso_ms(failed.started_at), "outcome": "retry",
        "status": 503, "error": "Segment returned 503.", "response": "=busy",
        "events": 3, "firstEvent": 1, "lastEvent": 3, "bodyBytes": failed.body_bytes,
        "durationMs": failed.duration_ms, "nextAttemptAt": iso_ms(NOW),
    }  # fmt: skip
    page = client.get(made["Location"]).text
    assert "100%" not in page
    assert "Delivery attempts" in page
    name = client.get(f"{made['Location']}file/")["Content-Disposition"]
    assert name.startswith('attachment; filename="attempts-')
    assert AuditEntry.objects.latest("pk").action == "export.attempts_requested"


def test_all_attempts_of_one_connection_are_in_the_file_once(client):
    cast = factories.cast()
    first = factories.due_cursor(3, factories.connection(cast.feed))
    old = [factories.delivery(first, 1, 3).pk for _ in range(5)]
    connections.delete(connection=first.connection, actor=cast.alice)
    second = factories.due_cursor(1, factories.connection(cast.feed))
    factories.delivery(second, 4, 4)
    client.force_login(cast.bob)
    new = f"/w/{cast.workspace.public_id}/exports/new/?list=attempts&connection="

    client.post(new + first.connection.public_id, {"format": "csv"})
    work(lambda: False, rest=lambda _seconds: None)

    rows = list(csv.DictReader(io.StringIO(file_of(Export.objects.get()).decode())))
    assert [int(row["id"]) for row in rows] == sorted(old, reverse=True)


def test_no_attempt_is_a_complete_file(client):
    cast = factories.cast()
    factories.connection(cast.feed)
    client.force_login(cast.bob)
    new = f"/w/{cast.workspace.public_id}/exports/new/?list=attempts"

    client.post(new, {"format": "json"})
    work(lambda: False, rest=lambda _seconds: None)

    export = Export.objects.get()
    assert (export.state, json.loads(file_of(export))) == (Export.State.COMPLETE, [])


@pytest.mark.parametrize("query", ["", "&connection=", "&connection=other"])
def test_attempts_of_a_connection_of_another_feed_are_not_exported(client, query):
    cast = factories.cast()
    other = factories.connection(factories.feed(cast.stream, cast.elsewhere))
    client.force_login(cast.bob)
    new = f"/w/{cast.workspace.public_id}/exports/new/?list=attempts{query}"

    answer = client.post(new.replace("other", other.public_id), {"format": "csv"})

    assert answer.status_code == 404
    assert not Export.objects.exists()


def test_an_unfinished_export_has_no_file_and_leads_to_its_page(client):
    cast = factories.cast()
    factories.append(cast.feed, 3)
    client.force_login(cast.bob)
    made = client.post(f"/w/{cast.workspace.public_id}/exports/new/", {"format": "csv"})

    response = client.get(f"{made['Location']}file/")

    assert response["Location"] == made["Location"]


def test_a_viewer_deletes_only_their_own_export(client):
    cast = factories.cast()
    client.force_login(cast.bob)
    home = f"/w/{cast.workspace.public_id}/exports/"
    own = factories.export(cast.feed, requested_by=cast.bob)
    of_anna = factories.export(cast.feed, requested_by=cast.anna)

    assert client.post(f"{home}{own.public_id}/delete/").status_code == 302
    assert client.post(f"{home}{of_anna.public_id}/delete/").status_code == 403

    assert list(Export.objects.all()) == [of_anna]


def test_an_invalid_filter_exports_nothing(client):
    cast = factories.cast()
    client.force_login(cast.bob)
    home = f"/w/{cast.workspace.public_id}/exports/"

    response = client.post(f"{home}new/?property=nothing", {"format": "csv"})

    assert b"One of the filters" in response.content
    assert not Export.objects.exists()


def test_an_export_shows_its_filters_and_leads_back_to_the_filtered_list(client):
    cast = factories.cast()
    factories.append(cast.feed, 3)
    client.force_login(cast.bob)
    home = f"/w/{cast.workspace.public_id}/exports/"
    listed = f"/w/{cast.workspace.public_id}/events/?type=track&name=Email"

    new = client.get(f"{home}new/?name=Email&type=track")
    made = client.post(f"{home}new/?name=Email&type=track", {"format": "csv"})
    pages = [new, client.get(made["Location"]), client.get(home)]

    for page in pages:
        assert "<bdi>Email</bdi>" in page.text.replace(' class="chip-value"', "")
        assert "Event name starts with" in page.text
    for page in pages[:2]:
        assert page.context["exported"].url == listed
        assert listed.replace("&", "&amp;") in page.text
    assert "Change the filter" in new.text


def test_an_export_of_attempts_leads_back_to_those_of_its_connection(client):
    cast = factories.cast()
    connection = factories.connection(cast.feed)
    client.force_login(cast.bob)
    home = f"/w/{cast.workspace.public_id}"
    query = f"status=5xx&connection={connection.public_id}"

    made = client.post(f"{home}/exports/new/?list=attempts&{query}", {"format": "csv"})
    page = client.get(made["Location"])

    assert page.context["exported"].url.startswith(f"{home}/attempts/?")
    assert f"connection={connection.public_id}" in page.context["exported"].url
    assert "status=5xx" in page.context["exported"].url


def test_an_export_outlives_the_connection_of_its_attempts(client):
    cast = factories.cast()
    export = factories.export(
        cast.feed, requested_by=cast.bob, kind="attempts", filter={"connection": 99}
    )
    client.force_login(cast.bob)
    home = f"/w/{cast.workspace.public_id}"

    page = client.get(f"{home}/exports/{export.public_id}/")

    assert page.context["exported"].url == f"{home}/attempts/?"
