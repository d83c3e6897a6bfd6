"""The control API of the sandbox, for people and tests. Everything is JSON.

GET /_sandbox/healthz
    Responds with 200 once the sandbox is ready.
GET /_sandbox/stats?brief=1
    `requests` counts the requests to the Tracking API, `events` the accepted events. Of
    these, `unique_message_ids`, `duplicates` and `discarded` (by Segment's code) are
    counted separately. `worst_second` is the highest number of requests in any sliding
    second. `by_key` and `by_region` have the same counts. `seconds` is a list of
    [epoch second, requests] for the last 3600 seconds, including those without requests.
    brief=1 omits `by_key` and `seconds`.
GET /_sandbox/events?source=&after=&limit=
    The newest events, newest last. With `after`, the events after that number. Use
    `next_after` for the next request. `log` changes when the numbers restart. `event` is
    the event as sent, `delivered` has the timestamps that Segment sets.
GET /_sandbox/requests?after=
    The newest 1,000 requests, oldest first, with headers, size, number of events and the
    response. With `after`, only those after that number.
DELETE /_sandbox/events
    Delete all events, requests and counts.
GET, PUT, DELETE /_sandbox/behaviour
    `{"rules": [{"write_key": "…", "answers": [503, {"hang_s": 5}], "then": "normal"}]}`
GET, PUT /_sandbox/sources
    {"known": null} accepts any well-formed write key. A list accepts only its keys:
    {"known": [{"write_key": "…", "region": "eu"}]}. A key without a region is valid in all
    regions. With "enabled": false, the source drops its events.
GET, PUT /_sandbox/suppressed
    {"user_ids": ["…"]}: users whose events are dropped.
GET, PUT, DELETE /_sandbox/oauth
    The OAuth apps, and the write keys that require a token. POST /token issues a token.
    {"apps": [{"app_id": "…", "key_id": "…", "public_key": "PEM", "region": "eu"}],
     "enforced": ["a write key"]}
    List an app with two keys twice. Optional fields of an app, with their defaults:
    `region` (us, eu or sandbox; all), `scopes` (all), `token_life_s` (86400) and
    `write_keys`, the sources that it is connected to (all). `clock_skew_s` changes the
    token server's clock and its Date header. Tokens stay valid as long as their app
    exists. DELETE removes everything. GET counts an app's `valid_tokens`, and masks write
    keys.
DELETE /_sandbox/oauth/tokens
    Revoke all tokens. With {"token": "…"} or {"app_id": "…"}, revoke one token or those of
    an app.
POST /_sandbox/inbound
    Send events to an inbound address, as Segment's destinations do:
    {"url": "…", "secret": "is_…", "events": [{"type": "identify", …}]}
    Optional, with defaults: `people` (0), identify calls for so many people; `method`
    (single; batch, extensible or function); `auth` (signature; header or none);
    `wrong_secret` (false); `batch_size` (1000); `mappings` (1), of which each sends every
    event; `sources`, their project IDs. Only `function` sends delete events, one for each
    source. Send it with Content-Type: application/json.
GET, DELETE /_sandbox/inbound
    The newest 200 requests to inbound addresses with their attempts, and counts by state.
    A request is retried for four hours after 408, 423, 429, most 5xx and no response, and
    dropped after any other error. DELETE forgets all, and moves the clock back.
POST /_sandbox/inbound/clock
    {"advance_s": 3600} moves the clock of these retries.

An error is {"error": "…"}.

Write keys are never shown in full: `write_key` has the last four characters, and `source`,
the key of `by_key`, is the start of its SHA-256. Only programs on this machine can use the
control API. If the sandbox was started with a control token, it requires that token instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from streams.base.msgspec_types import prepared
from streams.sandbox.debugger import pages
from streams.sandbox.debugger.event_view import masked, shown, source_of
from streams.sandbox.faults import scripts
from streams.sandbox.faults.running_script import RunningScript
from streams.sandbox.faults.scripts import Script
from streams.sandbox.http.responses import Response, json_response
from streams.sandbox.inbound import control
from streams.sandbox.oauth.apps import OAuthSettings
from streams.sandbox.segment.sources import KnownSources, Sources, Suppressed

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.sandbox.http.request import Request
    from streams.sandbox.serving.service import SegmentService

MAX_PAGE = 20_000


class BadRequestError(ValueError):
    """The request to the control API is not valid. The message has the reason."""


@prepared
class EventsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which events to show: those of a `source`, or of a full `write_key`."""

    source: str | None = None
    write_key: str | None = None
    after: int | None = None
    limit: int = 100
    mask: bool = True  # ignored: keys are always masked; older pages send it


@prepared
class RequestsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which requests to show: those after a number."""

    after: int = 0


@prepared
class Revocation(msgspec.Struct, forbid_unknown_fields=True):
    """Which tokens to revoke: one token, those of an app, or all."""

    token: str | None = None
    app_id: str | None = None


def respond(segment: SegmentService, request: Request) -> Response:
    """Respond to a request to the page, its files or the control API."""
    if request.method == "GET" and request.path == "/":
        return pages.debugger()
    if request.method == "GET" and request.path == "/inbound":
        return pages.inbound()
    if request.method == "GET" and request.path.startswith("/static/"):
        return pages.static(request.path)
    handlers = _HANDLERS.get(request.path)
    if handlers is None:
        return json_response(
            {"error": "This path does not exist. See /_sandbox/."}, 404
        )
    if request.method not in handlers:
        problem = f"This path supports only {', '.join(handlers)}."
        return json_response({"error": problem}, 405)
    try:
        return handlers[request.method](segment, request)
    except BadRequestError as error:
        return json_response({"error": str(error)}, 400)


def _inbound(segment: SegmentService, request: Request) -> Response:
    return control.respond(segment.inbound, request)


def _help(segment: SegmentService, request: Request) -> Response:
    text = "\n\n".join((__doc__ or "", scripts.__doc__ or ""))
    return Response(200, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _healthz(segment: SegmentService, request: Request) -> Response:
    return json_response({"ok": True})


def _stats(segment: SegmentService, request: Request) -> Response:
    return json_response(segment.stats.as_json(brief=request.query.get("brief") == "1"))


def _events(segment: SegmentService, request: Request) -> Response:
    query = _query(request, EventsQuery)
    limit = max(0, min(query.limit, MAX_PAGE))
    log = segment.log
    source = query.source
    if query.write_key is not None:
        source = source_of(query.write_key)
    page = log.page(source=source, after=query.after, limit=limit)
    last = page[-1].number if page else log.last_number
    return json_response(
        {
            "log": log.id,
            "events": [shown(entry) for entry in page],
            "next_after": last,
        }
    )


def _requests(segment: SegmentService, request: Request) -> Response:
    query = _query(request, RequestsQuery)
    return json_response({"requests": segment.log.requests_after(query.after)})


def _query[T](request: Request, kind: type[T]) -> T:
    try:
        return msgspec.convert(request.query, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequestError(str(error)) from None


def _clear(segment: SegmentService, request: Request) -> Response:
    segment.clear()
    return json_response({"ok": True})


def _behaviour(segment: SegmentService, request: Request) -> Response:
    return json_response(_masking(msgspec.to_builtins(segment.running_script.script)))


def _set_behaviour(segment: SegmentService, request: Request) -> Response:
    segment.running_script = RunningScript(_decoded(request.body, Script))
    return _behaviour(segment, request)


def _reset_behaviour(segment: SegmentService, request: Request) -> Response:
    segment.running_script = RunningScript(Script())
    return _behaviour(segment, request)


def _sources(segment: SegmentService, request: Request) -> Response:
    return json_response(_masking(msgspec.to_builtins(segment.sources.listed)))


def _set_sources(segment: SegmentService, request: Request) -> Response:
    known = _decoded(request.body, KnownSources)
    segment.sources = Sources(known, segment.sources.suppressed)
    return _sources(segment, request)


def _suppressed(segment: SegmentService, request: Request) -> Response:
    return json_response(segment.sources.suppressed)


def _set_suppressed(segment: SegmentService, request: Request) -> Response:
    suppressed = _decoded(request.body, Suppressed)
    segment.sources = Sources(segment.sources.listed, suppressed)
    return _suppressed(segment, request)


def _oauth(segment: SegmentService, request: Request) -> Response:
    oauth = segment.oauth
    now = oauth.now(request)
    apps = [
        {
            **msgspec.to_builtins(app),
            "write_keys": app.write_keys and list(map(masked, app.write_keys)),
            "valid_tokens": oauth.tokens.count(app.app_id, now),
        }
        for app in oauth.settings.apps
    ]
    enforced = list(map(masked, oauth.settings.enforced))
    skew_s = oauth.settings.clock_skew_s
    return json_response({"apps": apps, "enforced": enforced, "clock_skew_s": skew_s})


def _set_oauth(segment: SegmentService, request: Request) -> Response:
    segment.oauth.set(_decoded(request.body, OAuthSettings))
    return _oauth(segment, request)


def _reset_oauth(segment: SegmentService, request: Request) -> Response:
    segment.oauth.set(OAuthSettings())
    return _oauth(segment, request)


def _revoke(segment: SegmentService, request: Request) -> Response:
    wanted = _decoded(request.body or b"{}", Revocation)
    revoked = segment.oauth.tokens.revoke(wanted.token, wanted.app_id)
    return json_response({"revoked": revoked})


def _masking(content: dict[str, Any]) -> dict[str, Any]:
    """Mask the write keys in settings that are a list of objects."""
    for items in content.values():
        for item in items or ():
            if item.get("write_key"):
                item["write_key"] = masked(item["write_key"])
    return content


def _decoded[T](body: bytes, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError(str(error)) from None


_HANDLERS: dict[str, dict[str, Callable[[SegmentService, Request], Response]]] = {
    "/_sandbox/": {"GET": _help},
    "/_sandbox/healthz": {"GET": _healthz},
    "/_sandbox/stats": {"GET": _stats},
    "/_sandbox/events": {"GET": _events, "DELETE": _clear},
    "/_sandbox/requests": {"GET": _requests},
    "/_sandbox/behaviour": {
        "GET": _behaviour,
        "PUT": _set_behaviour,
        "DELETE": _reset_behaviour,
    },
    "/_sandbox/sources": {"GET": _sources, "PUT": _set_sources},
    "/_sandbox/suppressed": {"GET": _suppressed, "PUT": _set_suppressed},
    "/_sandbox/oauth": {"GET": _oauth, "PUT": _set_oauth, "DELETE": _reset_oauth},
    "/_sandbox/oauth/tokens": {"DELETE": _revoke},
    "/_sandbox/inbound": {"GET": _inbound, "POST": _inbound, "DELETE": _inbound},
    "/_sandbox/inbound/clock": {"POST": _inbound},
}
