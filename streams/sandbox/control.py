"""The control API: what a person or a test asks of the sandbox itself. All JSON.

GET /_sandbox/healthz
    200 as soon as the sandbox answers.
GET /_sandbox/stats?brief=1
    `requests` to the Tracking API, `events` in those that were taken, and of them
    `unique_message_ids`, `duplicates` and `discarded` (by Segment's code); `worst_second`
    is the most requests in any sliding second. The same under `by_key` and `by_region`.
    `seconds` is [epoch second, requests] for each of the last 3600, silent ones too.
    brief=1 leaves out `by_key` and `seconds`.
GET /_sandbox/events?source=&after=&limit=
    The newest events, newest last; with `after`, those that follow that number.
    `next_after` is the number to go on from. `log` changes when the numbers start anew.
    `event` is what was sent, `delivered` has the times that Segment gives it.
GET /_sandbox/requests
    The newest 1,000 requests: headers, size, count of events, the answer, oldest first.
DELETE /_sandbox/events
    Forget all events, requests and counts.
GET, PUT, DELETE /_sandbox/behaviour
    {"rules": [{"write_key": "…", "answers": [503, {"hang_s": 5}], "then": "normal"}]}
GET, PUT /_sandbox/sources
    {"known": null}, or the only write keys there are:
    {"known": [{"write_key": "…", "region": "eu"}]}, each in its region, or without in all.
    "enabled": false: the source is switched off and drops its events.
GET, PUT /_sandbox/suppressed
    {"user_ids": ["…"]}: the users whose events vanish.
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

No write key is shown whole: `write_key` has its last four characters, and `source`, by which
`by_key` lists them, is the beginning of its SHA-256. Only programs of this machine may use
the control API, or, where the sandbox was started with a token, whoever sends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from streams.base.structs import prepared
from streams.sandbox import pages, scripts
from streams.sandbox.apps import OAuthSettings
from streams.sandbox.behaviour import Behaviour
from streams.sandbox.replies import Reply, json_reply
from streams.sandbox.scripts import Script
from streams.sandbox.showing import masked, shown, source_of
from streams.sandbox.sources import KnownSources, Sources, Suppressed

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.sandbox.request import Request
    from streams.sandbox.segment import Segment

MAX_PAGE = 20_000


class BadRequestError(ValueError):
    """The request to the control API cannot be followed; the text says why."""


@prepared
class EventsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which events to show; of a `source`, or of a whole `write_key`."""

    source: str | None = None
    write_key: str | None = None
    after: int | None = None
    limit: int = 100
    mask: bool = True  # keys always are; older pages ask for it


@prepared
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
    source = query.source
    if query.write_key is not None:
        source = source_of(query.write_key)
    page = journal.page(source=source, after=query.after, limit=limit)
    last = page[-1].number if page else journal.last_number
    return json_reply(
        {
            "log": journal.id,
            "events": [shown(entry) for entry in page],
            "next_after": last,
        }
    )


def _requests(segment: Segment, request: Request) -> Reply:
    return json_reply({"requests": list(segment.journal.requests)})


def _forget(segment: Segment, request: Request) -> Reply:
    segment.forget()
    return json_reply({"ok": True})


def _behaviour(segment: Segment, request: Request) -> Reply:
    return json_reply(_masking(msgspec.to_builtins(segment.behaviour.script)))


def _set_behaviour(segment: Segment, request: Request) -> Reply:
    segment.behaviour = Behaviour(_decoded(request.body, Script))
    return _behaviour(segment, request)


def _reset_behaviour(segment: Segment, request: Request) -> Reply:
    segment.behaviour = Behaviour(Script())
    return _behaviour(segment, request)


def _sources(segment: Segment, request: Request) -> Reply:
    return json_reply(_masking(msgspec.to_builtins(segment.sources.listed)))


def _set_sources(segment: Segment, request: Request) -> Reply:
    known = _decoded(request.body, KnownSources)
    segment.sources = Sources(known, segment.sources.suppressed)
    return _sources(segment, request)


def _suppressed(segment: Segment, request: Request) -> Reply:
    return json_reply(segment.sources.suppressed)


def _set_suppressed(segment: Segment, request: Request) -> Reply:
    suppressed = _decoded(request.body, Suppressed)
    segment.sources = Sources(segment.sources.listed, suppressed)
    return _suppressed(segment, request)


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


def _masking(content: dict[str, Any]) -> dict[str, Any]:
    """Settings with a list of objects, their write keys masked."""
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
    "/_sandbox/suppressed": {"GET": _suppressed, "PUT": _set_suppressed},
    "/_sandbox/oauth": {"GET": _oauth, "PUT": _set_oauth, "DELETE": _reset_oauth},
    "/_sandbox/oauth/tokens": {"DELETE": _revoke},
}
