"""Replays through the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.delivery.connection import services
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.delivery.replay.models import Replay
from streams.events.models import Event
from streams.tenancy.models import PartnerToken
from streams.tenancy.services import revoke_token
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/api/v1/replays"


class Api:
    """A partner's server with its token."""

    def __init__(self, client, stream) -> None:
        self._client = client
        self.token, self.secret = factories.token(stream)

    def get(self, path: str = PATH, **query):
        return self._answer("get", path, query)

    def post(self, path: str = PATH, body=None, **headers):
        return self._answer(
            "post", path, body or {}, "application/json", headers=headers
        )

    def _answer(self, method, path, *args, headers=None, **rest):
        signed = {"Authorization": f"Bearer {self.secret.text}", **(headers or {})}
        return getattr(self._client, method)(
            path, *args, headers=signed, secure=True, **rest
        )


@pytest.fixture
def live() -> Cursor:
    """A connection that has sent eight events, of which 2, 4, 6 and 8 are clicks."""
    live = factories.due_cursor(8)
    Event.objects.filter(feed=live.feed, seq__in=(2, 4, 6, 8)).update(name="Clicked")
    factories.delivered(live, 8)
    return live


@pytest.fixture
def api(client, live) -> Api:
    return Api(client, live.stream)


def wanted(live: Cursor, **more) -> dict[str, object]:
    return {"workspace": live.feed.workspace.external_id, **more}


def refused(answer) -> tuple[int, str]:
    """Return the status and the code of an error, which must have the common shape."""
    body = answer.json()
    assert body.keys() == {"success", "code", "message", "fix"}
    assert body["success"] is False
    return answer.status_code, body["code"]


def test_a_replay_is_created(api, live):
    answer = api.post(body=wanted(live, first=3, name="Clicked", messageIds="new"))

    replay = Replay.objects.select_related("cursor").get()
    body = answer.json()
    body["replay"].pop("requestedAt")
    assert (answer.status_code, body) == (
        201,
        {
            "success": True,
            "replay": {
                "id": replay.public_id,
                "workspace": live.feed.workspace.external_id,
                "state": "running",
                "first": 3,
                "last": 8,
                "since": None,
                "until": None,
                "position": 2,
                "delivered": 0,
                "rejected": 0,
                "leftOut": 0,
                "expired": 0,
                "filter": {"name": "Clicked", "type": "", "userId": "", "rejectedOnly": False},
                "messageIds": "new",
                "endedAt": None,
            },
        },
    )  # fmt: skip
    assert replay.cursor.due_at is not None
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor) == ("replay.started", None)
    assert entry.detail["token"] == api.secret.hint


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({"last": 4}, (1, 4)),
        ({"since": "2026-03-02T10:00:00Z"}, (1, 8)),
        ({"since": "2026-03-02T12:00:00+02:00", "until": "2026-03-02T11:00:00Z"}, (1, 8)),
        ({"sinceTrouble": True}, (6, 8)),
    ],
)  # fmt: skip
def test_a_range_is_given_by_number_by_time_or_since_the_last_failure(
    api, live, asked, numbers
):
    Cursor.objects.filter(pk=live.pk).update(troubled_seq=5, troubled_at=factories.NOW)

    replay = api.post(body=wanted(live, **asked)).json()["replay"]

    assert (replay["first"], replay["last"]) == numbers


def test_a_replay_keeps_the_times_that_it_was_asked_for(api, live):
    asked = {"since": "2026-03-02T12:00:00+02:00", "until": "2026-03-02T11:00:00Z"}

    started = api.post(body=wanted(live, **asked)).json()["replay"]

    assert (started["since"], started["until"]) == (
        "2026-03-02T10:00:00.000Z", "2026-03-02T11:00:00.000Z",
    )  # fmt: skip


def test_a_replay_that_awaits_approval_of_its_stream_says_so(api, live):
    Connection.objects.filter(pk=live.connection_id).update(region="us")
    Stream.objects.filter(pk=live.stream_id).update(stage="submitted")

    replay = api.post(body=wanted(live)).json()["replay"]

    assert (replay["state"], replay["waitsBecause"]) == (
        "held", "The stream is awaiting approval.",
    )  # fmt: skip


def test_one_that_an_operator_has_halted_says_so_and_why(api, live):
    Halt.objects.create(reason="Maintenance")

    replay = api.post(body=wanted(live)).json()["replay"]

    assert (replay["state"], replay["waitsBecause"]) == (
        "held", "Delivery halted by the operator: Maintenance.",
    )  # fmt: skip


def test_a_dry_run_counts_events_and_creates_nothing(api, live):
    answer = api.post(body=wanted(live, name="Clicked", last=5, dryRun=True))

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "success": True,
            "count": {"first": 1, "last": 5, "events": 2, "exact": True, "lookedAt": 5},
        },
    )
    assert not Replay.objects.exists()


def test_repeating_a_request_returns_the_same_replay(api, live):
    key = {"Idempotency-Key": "import-4711"}

    first = api.post(body=wanted(live), **key)
    again = api.post(body=wanted(live), **key)
    other = api.post(body=wanted(live), **{"Idempotency-Key": "import-4712"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert refused(other) == (409, "API-REPLAY-002")


def test_a_replay_reports_its_progress_and_its_result(api, live):
    replay = factories.replay(live, position=4, rejected=1, filtered=2, name="Clicked")
    path = f"{PATH}/{replay.public_id}"

    running = api.get(path).json()["replay"]
    ended = {"due_at": None, "ended_at": factories.NOW + timedelta(seconds=1.5)}
    Cursor.objects.filter(pk=replay.pk).update(position=8, **ended)
    finished = api.get(path).json()["replay"]

    assert [running[name] for name in ("state", "position", "delivered")] == [
        "running", 4, 1,
    ]  # fmt: skip
    assert (finished["state"], finished["endedAt"]) == (
        "completed",
        "2026-03-02T10:00:01.500Z",
    )


def test_a_stopped_replay_says_why(api, live):
    replay = factories.replay(live)
    services.delete(connection=live.connection, actor=None)

    shown = api.get(f"{PATH}/{replay.public_id}").json()["replay"]

    assert (shown["state"], shown["stoppedBecause"]) == (
        "stopped",
        "The connection was deleted.",
    )


def test_a_replay_can_be_canceled_once(api, live):
    replay = factories.replay(live)
    path = f"{PATH}/{replay.public_id}/cancel"

    first, again = api.post(path), api.post(path)

    assert first.json()["replay"]["state"] == "canceled"
    assert refused(again) == (409, "API-REPLAY-004")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.detail["token"]) == (
        "replay.cancelled",
        api.secret.hint,
    )


def test_replays_of_a_workspace_are_listed_newest_first_in_pages(
    api, live, monkeypatch
):
    monkeypatch.setattr("streams.api.replays.LISTED", 2)
    ended = {"due_at": None, "ended_at": factories.NOW}
    made = [factories.replay(live, **ended).public_id for _ in range(3)]
    name = live.feed.workspace.external_id

    page = api.get(workspace=name).json()
    last = api.get(workspace=name, before=page["nextBefore"]).json()

    assert [replay["id"] for replay in page["replays"]] == [made[2], made[1]]
    assert [replay["id"] for replay in last["replays"]] == [made[0]]
    assert "nextBefore" not in last


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_the_same_queries_for_1_row_and_for_3(
    api, live, count, django_assert_num_queries
):
    for _ in range(count):
        factories.replay(live, due_at=None, ended_at=factories.NOW)

    with django_assert_num_queries(5):
        answer = api.get(workspace=live.feed.workspace.external_id)

    assert len(answer.json()["replays"]) == count


# --- What is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "API-KEY-001"),
        ({"Authorization": "Basic cHRfeDo="}, "API-KEY-001"),
        ({"Authorization": "Bearer pt_nothing"}, "API-KEY-002"),
        ({"Authorization": "Bearer "}, "API-KEY-002"),
    ],
)
def test_a_request_without_a_token_is_refused(client, headers, code):
    answer = client.get(PATH, headers=headers, secure=True)

    assert refused(answer) == (401, code)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_revoked_token_is_refused(api, live):
    revoke_token(token=api.token, actor=None)

    assert refused(api.post(body=wanted(live))) == (401, "API-KEY-002")


def test_an_expired_token_is_refused(api, live):
    PartnerToken.objects.update(expires_at=now())

    assert refused(api.post(body=wanted(live))) == (401, "API-KEY-002")


def test_a_token_gives_access_to_its_own_stream_only(client, live):
    replay = factories.replay(live)
    sibling = factories.stream(live.stream.partner)
    factories.feed(sibling, live.feed.workspace)

    for stream in (sibling, factories.stream()):
        api = Api(client, stream)
        one = f"{PATH}/{replay.public_id}"
        assert refused(api.get(one)) == (404, "API-REPLAY-003")
        assert refused(api.post(f"{one}/cancel")) == (404, "API-REPLAY-003")
    name = live.feed.workspace.external_id
    assert refused(api.get(workspace=name)) == (404, "API-WORKSPACE-001")
    assert refused(api.post(body=wanted(live))) == (404, "API-WORKSPACE-001")
    assert Cursor.objects.get(pk=replay.pk).ended_at is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"workspace": 7}, "workspace"),
        ({"first": 0}, "first"),
        ({"first": 2**63}, "first"),
        ({"first": "3"}, "first"),
        ({"since": "2026-03-02T10:00:00"}, "since"),
        ({"type": "purchase"}, "type"),
        ({"name": "a\0b"}, "name"),
        ({"messageIds": "old"}, "messageIds"),
        ({"from": 3}, "from"),
    ],
)
def test_an_invalid_field_is_named(api, live, changes, word):
    answer = api.post(body=wanted(live, **changes))

    assert refused(answer) == (400, "API-FIELD-001")
    assert word in answer.json()["message"]
    assert not Replay.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null"])
def test_a_body_that_is_not_an_object_is_refused(client, api, body):
    answer = client.post(
        PATH, body, "application/json", secure=True,
        headers={"Authorization": f"Bearer {api.secret.text}"},
    )  # fmt: skip

    assert answer.status_code == 400
    assert refused(answer)[1] in ("API-JSON-001", "API-FIELD-001")


def test_a_missing_workspace_or_an_unknown_field_is_refused(api):
    assert refused(api.post(body={"first": 1})) == (400, "API-FIELD-001")
    assert refused(api.post(body={"workspace": "x" * 20_000})) == (413, "API-SIZE-001")


def test_an_empty_range_is_refused_with_an_explanation(api, live):
    answer = api.post(body=wanted(live, first=9))

    assert refused(answer) == (422, "API-REPLAY-001")
    assert "You can replay events 1 to 8" in answer.json()["message"]


def test_a_workspace_without_a_connection_is_refused(api, live):
    services.delete(connection=live.connection, actor=None)

    assert refused(api.post(body=wanted(live))) == (409, "API-CONNECTION-001")


@pytest.mark.parametrize("name", ["", "nobody", "a\0b"])
def test_an_unknown_workspace_is_refused(api, name):
    assert refused(api.get(workspace=name)) == (404, "API-WORKSPACE-001")


def test_an_idempotency_key_that_is_too_long_is_refused(api, live):
    answer = api.post(body=wanted(live), **{"Idempotency-Key": "k" * 101})

    assert refused(answer) == (400, "API-FIELD-001")


def test_errors_for_other_methods_and_paths_have_the_same_shape(api, client):
    answer = api.post(f"{PATH}/bcdfghjkmnpq")

    assert refused(answer) == (405, "API-METHOD-001")
    assert answer.headers["Allow"] == "GET"
    assert refused(client.get("/api/v2", secure=True)) == (404, "API-PATH-001")


def test_a_database_that_does_not_respond_is_a_503(api, live):
    def refuse(*_):
        raise OperationalError("connection to postgres://u:hunter2@db failed")

    with connection.execute_wrapper(refuse):
        answer = api.get(workspace="x")

    assert refused(answer) == (503, "API-DOWN-001")
    assert answer.headers["Retry-After"] == "5"
    assert b"hunter2" not in answer.content
