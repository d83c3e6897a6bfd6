"""The replay API for partners' servers: start, list, cancel.

For the responses, see streams/docs/guides/api.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse

from streams.api.authentication import for_partner
from streams.api.request_data import feed_of, read_body
from streams.base.clock import iso_ms
from streams.base.msgspec_types import prepared
from streams.base.request_errors import RequestRefused
from streams.delivery.limits.send_policy import SendBlock, SendPolicy
from streams.delivery.replay import services as service
from streams.delivery.replay.filter import ReplayFilter, ReplaySelection
from streams.delivery.replay.models import Replay
from streams.delivery.replay.services import CannotCancel, CannotReplay, NothingToReplay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.connections.models import Connection
    from streams.events.models import Feed
    from streams.tenancy.models import PartnerToken

LISTED = 100
MAX_BODY_BYTES = 16_384

_WITH = ("cursor__feed__workspace", "cursor__feed__stream", "cursor__connection")

type Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
type Moment = Annotated[datetime, msgspec.Meta(tz=True)]
# PostgreSQL cannot store a NUL in text.
type Text = Annotated[str, msgspec.Meta(max_length=200, pattern=r"\A[^\0]*\Z")]
type Call = Literal["", "identify", "track", "page", "screen", "group", "alias"]


@prepared
class ReplayRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The body of a request to start a replay."""

    workspace: Text
    first: Number | None = None
    last: Number | None = None
    since: Moment | None = None
    until: Moment | None = None
    since_trouble: bool = False
    name: Text = ""
    type: Call = ""
    user_id: Text = ""
    rejected_only: bool = False
    message_ids: Literal["same", "new"] = "same"
    dry_run: bool = False

    def selection(self) -> ReplaySelection:
        return ReplaySelection(
            first=self.first,
            last=self.last,
            since=self.since,
            until=self.until,
            since_trouble=self.since_trouble,
            filter=ReplayFilter(
                name=self.name,
                type=self.type,
                user_id=self.user_id,
                rejected_only=self.rejected_only,
            ),
        )


@for_partner("GET", "POST")
def replays(request: HttpRequest, token: PartnerToken) -> HttpResponse:
    """List a workspace's replays, newest first. A POST starts one."""
    if request.method == "POST":
        return _start(request, token)
    feed = feed_of(token, request.GET.get("workspace", ""))
    made = service.replays_of(feed).select_related(*_WITH)
    if before := request.GET.get("before"):
        made = made.filter(pk__lt=_found(token, before).pk)
    found = list(made[: LISTED + 1])
    body: dict[str, object] = {"replays": _shown(found[:LISTED])}
    if len(found) > LISTED:
        body["nextBefore"] = found[LISTED - 1].public_id
    return _answer(body)


@for_partner("GET")
def replay(request: HttpRequest, token: PartnerToken, replay_id: str) -> HttpResponse:
    """Return one replay and its progress."""
    return _one(token, replay_id)


@for_partner("POST")
def replay_cancel(
    request: HttpRequest, token: PartnerToken, replay_id: str
) -> HttpResponse:
    """Cancel a replay."""
    found = _found(token, replay_id)
    try:
        service.cancel_replay(replay=found, actor=None, token=token.hint)
    except CannotCancel as error:
        raise RequestRefused(
            409, "API-REPLAY-004", str(error), "There is nothing to cancel."
        ) from None
    return _one(token, replay_id)


def _start(request: HttpRequest, token: PartnerToken) -> HttpResponse:
    wanted, key = _read(request), _idempotency_key(request)
    connection = _connection(feed_of(token, wanted.workspace))
    try:
        if wanted.dry_run:
            return _count(connection, wanted.selection())
        made, is_new = service.start_replay(
            connection=connection,
            wanted=wanted.selection(),
            new_ids=wanted.message_ids == "new",
            actor=None,
            key=key,
            token=token.hint,
        )
    except NothingToReplay as error:
        raise RequestRefused(
            422, "API-REPLAY-001", str(error), "Change the range or the filter."
        ) from None
    except CannotReplay as error:
        raise RequestRefused(
            409,
            "API-REPLAY-002",
            str(error),
            "List the workspace's replays and, if one is running, wait or cancel it.",
        ) from None
    return _one(token, made.public_id, status=201 if is_new else 200)


def _count(connection: Connection, selection: ReplaySelection) -> HttpResponse:
    """Count the events that a replay would send. Raises NothingToReplay."""
    stretch = service.select(connection, selection)
    count = service.count(connection, stretch, selection.filter)
    body = {
        "first": stretch.first,
        "last": stretch.end,
        "events": count.events,
        "exact": count.is_exact,
        "lookedAt": count.looked_at,
    }
    return _answer({"count": body})


def _read(request: HttpRequest) -> ReplayRequest:
    return read_body(
        request,
        ReplayRequest,
        most_bytes=MAX_BODY_BYTES,
        example='Send an object with the workspace: {"workspace": "customer-17"}.',
    )


def _idempotency_key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 100:
        raise RequestRefused(
            400,
            "API-FIELD-001",
            "The Idempotency-Key header is longer than 100 characters.",
            "Send a shorter key, such as a UUID.",
        )
    return key


def _connection(feed: Feed) -> Connection:
    connection: Connection | None = feed.connections.current().first()
    if connection is None:
        raise RequestRefused(
            409,
            "API-CONNECTION-001",
            "This workspace is not connected to Segment.",
            "Ask the workspace's members to connect it in the portal, then try again.",
        )
    return connection


def _found(token: PartnerToken, replay_id: str) -> Replay:
    mine = Replay.objects.filter(cursor__stream=token.stream_id)
    found = None
    if "\0" not in replay_id:
        found = mine.select_related(*_WITH).filter(public_id=replay_id).first()
    if found is None:
        raise RequestRefused(
            404,
            "API-REPLAY-003",
            "This stream has no replay with this ID.",
            "Use the `id` from the response that started the replay, or from the list.",
        )
    return found


def _one(token: PartnerToken, replay_id: str, *, status: int = 200) -> HttpResponse:
    [shown] = _shown([_found(token, replay_id)])
    return _answer({"replay": shown}, status=status)


def _shown(replays: Sequence[Replay]) -> list[dict[str, object]]:
    """Return replays as responses show them. Reads the halts only if one is running."""
    blocks: dict[int, SendBlock | None] = {}
    running = [one.cursor for one in replays if one.cursor.ended_at is None]
    if running:
        policy = SendPolicy.load()
        for cursor in running:
            stream, workspace = cursor.feed.stream, cursor.feed.workspace
            blocks[cursor.pk] = policy.block(
                cursor.connection, stream=stream, workspace=workspace
            )
    return [_fields(replay, blocks.get(replay.pk)) for replay in replays]


def _fields(replay: Replay, block: SendBlock | None) -> dict[str, object]:
    cursor = replay.cursor
    shown: dict[str, object] = {
        "id": replay.public_id,
        "workspace": cursor.feed.workspace.external_id,
        "state": Replay.State.HELD if block else replay.state,
        "first": cursor.start + 1,
        "last": cursor.end_seq,
        "since": iso_ms(replay.since) if replay.since else None,
        "until": iso_ms(replay.until) if replay.until else None,
        "position": cursor.position,
        "delivered": cursor.delivered,
        "rejected": cursor.rejected,
        "leftOut": cursor.filtered,
        "expired": cursor.expired,
        "filter": {
            "name": replay.name,
            "type": replay.type,
            "userId": replay.user_id,
            "rejectedOnly": replay.rejected_only,
        },
        "messageIds": "new" if replay.new_ids else "same",
        "requestedAt": iso_ms(replay.requested_at),
        "endedAt": iso_ms(cursor.ended_at) if cursor.ended_at else None,
    }
    if block:
        shown["waitsBecause"] = block.message
    if replay.stopped_because:
        shown["stoppedBecause"] = replay.stopped_because
    return shown


def _answer(body: dict[str, object], *, status: int = 200) -> HttpResponse:
    return JsonResponse({"success": True, **body}, status=status)
