"""The control API: what a person or a test asks of the sandbox itself. All JSON.

GET /_sandbox/healthz
    200 as soon as the sandbox answers.
GET /_sandbox/stats?brief=1
    `requests` to the Tracking API, `events` in those that were taken, and of them
    `unique_message_ids`, `duplicates` and `discarded` (by Segment's code); `worst_second`
    is the most requests in any sliding second. The same under `by_key` and `by_region`.
    `seconds` is [epoch second, requests] for each of the last 3600, silent ones too.
    brief=1 leaves out `by_key`, which names write keys whole, and `seconds`.
GET /_sandbox/events?write_key=&after=&limit=&mask=1
    The newest events, newest last; with `after`, those that follow that number.
    `next_after` is the number to go on from. `log` changes when the numbers start anew.
    mask=1 shows of a write key its last four characters.
GET /_sandbox/requests
    The newest 1,000 requests: headers, size, count of events, the answer, oldest first.
DELETE /_sandbox/events
    Forget all events, requests and counts.
GET, PUT, DELETE /_sandbox/behaviour
    {"rules": [{"write_key": "…", "answers": [503, {"hang_s": 5}], "then": "normal"}]}
GET, PUT /_sandbox/sources
    {"known": null}, or the only write keys there are:
    {"known": [{"write_key": "…", "region": "eu"}]}, each in its region, or without in all.
GET, PUT, DELETE /_sandbox/oauth
    The OAuth apps, and the write keys that need a token. POST /token issues one.
    {"apps": [{"app_id": "…", "key_id": "…", "public_key": "PEM", "region": "eu"}],
     "enforced": ["a write key"]}
    An app with two keys is listed twice. Optional: `region` of an app (us, eu or sandbox;
    all), its `scopes`, `token_life_s` (86400) and `write_keys` that it is connected to
    (all). `clock_skew_s` moves the token server's clock, and with it the Date header. Tokens
    of an app that stays remain valid; DELETE removes everything. GET counts an app's
    `valid_tokens`, and masks write keys.
DELETE /_sandbox/oauth/tokens
    Revoke all tokens; with {"token": "…"} or {"app_id": "…"}, that one or those of an app.

An error is {"error": "…"}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from streams.sandbox import pages, scripts
from streams.sandbox.apps import OAuthSettings
from streams.sandbox.behaviour import Behaviour
from streams.sandbox.replies import Reply, json_reply
from streams.sandbox.scripts import Script
from streams.sandbox.showing import masked, shown
from streams.sandbox.sources import KnownSources, Sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.sandbox.request import Request
    from streams.sandbox.segment import Segment

MAX_PAGE = 20_000


class BadRequestError(ValueError):
    """The request to the control API cannot be followed; the text says why."""


class EventsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which events to show; `mask` is 1 or nothing."""

    write_key: str | None = None
    after: int | None = None
    limit: int = 100
    mask: bool = False


class Revocation(msgspec.Struct, forbid_unknown_fields=True):
    """Which tokens to revoke; neither: all."""

    token: str | None = None
    app_id: str | None = None


def answer(segment: Segment, request: Request) -> Reply:
    """Answer a request to anything that is not Segment's own API."""
    if request.method == "GET" and request.path == "/":
        return pages.debugger()
    if request.method == "GET" and request.path.startswith("/static/"):
        return pages.static(request.path)
    ways = _WAYS.get(request.path)
    if ways is None:
        return json_reply({"error": "There is no such path; see /_sandbox/."}, 404)
    if request.method not in ways:
        return json_reply({"error": f"Only {', '.join(ways)} here."}, 405)
    try:
        return ways[request.method](segment, request)
    except BadRequestError as error:
        return json_reply({"error": str(error)}, 400)


def _help(segment: Segment, request: Request) -> Reply:
    text = "\n\n".join((__doc__ or "", scripts.__doc__ or ""))
    return Reply(200, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _healthz(segment: Segment, request: Request) -> Reply:
    return json_reply({"ok": True})


def _stats(segment: Segment, request: Request) -> Reply:
    return json_reply(segment.stats.as_json(brief=request.query.get("brief") == "1"))


def _events(segment: Segment, request: Request) -> Reply:
    try:
        query = msgspec.convert(request.query, EventsQuery, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequestError(str(error)) from None
    limit = max(0, min(query.limit, MAX_PAGE))
    journal = segment.journal
    page = journal.page(write_key=query.write_key, after=query.after, limit=limit)
    last = page[-1].number if page else journal.last_number
    return json_reply(
        {
            "log": journal.id,
            "events": [shown(entry, mask=query.mask) for entry in page],
            "next_after": last,
        }
    )


def _requests(segment: Segment, request: Request) -> Reply:
    return json_reply({"requests": list(segment.journal.requests)})


def _forget(segment: Segment, request: Request) -> Reply:
    segment.forget()
    return json_reply({"ok": True})


def _behaviour(segment: Segment, request: Request) -> Reply:
    return json_reply(segment.behaviour.script)


def _set_behaviour(segment: Segment, request: Request) -> Reply:
    segment.behaviour = Behaviour(_decoded(request.body, Script))
    return _behaviour(segment, request)


def _reset_behaviour(segment: Segment, request: Request) -> Reply:
    segment.behaviour = Behaviour(Script())
    return _behaviour(segment, request)


def _sources(segment: Segment, request: Request) -> Reply:
    return json_reply(segment.sources.listed)


def _set_sources(segment: Segment, request: Request) -> Reply:
    segment.sources = Sources(_decoded(request.body, KnownSources))
    return _sources(segment, request)


def _oauth(segment: Segment, request: Request) -> Reply:
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
    return json_reply({"apps": apps, "enforced": enforced, "clock_skew_s": skew_s})


def _set_oauth(segment: Segment, request: Request) -> Reply:
    segment.oauth.set(_decoded(request.body, OAuthSettings))
    return _oauth(segment, request)


def _reset_oauth(segment: Segment, request: Request) -> Reply:
    segment.oauth.set(OAuthSettings())
    return _oauth(segment, request)


def _revoke(segment: Segment, request: Request) -> Reply:
    wanted = _decoded(request.body or b"{}", Revocation)
    revoked = segment.oauth.tokens.revoke(wanted.token, wanted.app_id)
    return json_reply({"revoked": revoked})


def _decoded[T](body: bytes, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError(str(error)) from None


_WAYS: dict[str, dict[str, Callable[[Segment, Request], Reply]]] = {
    "/_sandbox/": {"GET": _help},
    "/_sandbox/healthz": {"GET": _healthz},
    "/_sandbox/stats": {"GET": _stats},
    "/_sandbox/events": {"GET": _events, "DELETE": _forget},
    "/_sandbox/requests": {"GET": _requests},
    "/_sandbox/behaviour": {
        "GET": _behaviour,
        "PUT": _set_behaviour,
        "DELETE": _reset_behaviour,
    },
    "/_sandbox/sources": {"GET": _sources, "PUT": _set_sources},
    "/_sandbox/oauth": {"GET": _oauth, "PUT": _set_oauth, "DELETE": _reset_oauth},
    "/_sandbox/oauth/tokens": {"DELETE": _revoke},
}
