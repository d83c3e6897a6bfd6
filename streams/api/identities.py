"""The identity API for partners' servers: add links, and read the changes of the map.

For the responses, see streams/docs/guides/api.md.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse

from streams.api.authentication import for_partner
from streams.api.request_data import feed_of, read_body
from streams.audit.services import record
from streams.base.clock import iso_ms, now
from streams.base.msgspec_types import prepared
from streams.base.request_errors import RequestRefused
from streams.identity.change_feed import changes_after
from streams.identity.claims import Origin
from streams.identity.digests import feed_secret, ring
from streams.identity.external_ids import PersonItem
from streams.identity.identifiers import NAMES, IdentifierKind
from streams.identity.inbound.tool_names import tool_names
from streams.identity.links import (
    MOST_FACTS,
    MOST_OF_REQUEST,
    IdentityFact,
    chunks,
    learn,
)
from streams.identity.models import LinkChange, OriginKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.events.models import Feed
    from streams.identity.inbound.tool_names import ToolNames
    from streams.identity.links import FactResult
    from streams.tenancy.models import PartnerToken

MAX_BODY_BYTES = 2_000_000
CHANGES = {
    LinkChange.Change.ADDED: "added",
    LinkChange.Change.REPLACED: "replaced",
    LinkChange.Change.REMOVED: "removed",
}
_ORIGIN = Origin(OriginKind.API)


@prepared
class Items(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a request to add links."""

    identities: Annotated[list[object], msgspec.Meta(max_length=MOST_FACTS)]


@for_partner("GET", "PUT")
def identities(
    request: HttpRequest, token: PartnerToken, workspace: str
) -> HttpResponse:
    """Return the changes of a workspace's identity map. A PUT adds links."""
    feed = feed_of(token, workspace)
    if request.method == "PUT":
        return _put(request, feed, token)
    page = changes_after(feed.pk, _after(request))
    return _answer(
        {
            "changes": [_change(one) for one in page.changes],
            "after": page.last,
            "more": page.has_more,
        }
    )


@for_partner("GET")
def identity_keys(
    request: HttpRequest, token: PartnerToken, workspace: str
) -> HttpResponse:
    """Return the keys with which the digests of a workspace are computed, newest first."""
    feed = feed_of(token, workspace)
    keys = [
        {"id": key_id, "secret": base64.b64encode(feed_secret(feed.pk, key_id)).decode()}
        for key_id in ring().keys
    ]  # fmt: skip
    return _answer({"keys": keys})


def _put(request: HttpRequest, feed: Feed, token: PartnerToken) -> HttpResponse:
    body = read_body(
        request,
        Items,
        most_bytes=MAX_BODY_BYTES,
        example='Send an object with a list: {"identities": [{"userId": "u1", "id": "7"}]}.',
    )
    at, names = now(), tool_names(token.stream.slug)
    facts: dict[int, IdentityFact] = {}
    results: dict[int, dict[str, object]] = {}
    for number, raw in enumerate(body.identities):
        try:
            facts[number] = _fact(raw, names, at)
        except msgspec.ValidationError as error:
            results[number] = _refused(
                "IDENTITY-FORMAT",
                f"The item is not valid: {error}.",
                "See /docs/guide/api/ for the fields and their types.",
            )
    _check_number(facts.values())
    links = 0
    for numbers in chunks(facts, lambda n: len(facts[n].identifiers)):
        learned = learn(feed.pk, [facts[n] for n in numbers])
        results |= dict(zip(numbers, map(_result, learned), strict=True))
        links += sum(done.new for done in learned)
    if links:
        _note(feed, token, links)
    return _answer({"results": [results[n] for n in range(len(results))]})


def _note(feed: Feed, token: PartnerToken, links: int) -> None:
    record(
        "identity.added",
        actor=None,
        workspace=feed.workspace,
        stream=token.stream.slug,
        links=links,
        token=token.hint,
    )


def _check_number(facts: Iterable[IdentityFact]) -> None:
    count = sum(len(fact.identifiers) for fact in facts)
    if count > MOST_OF_REQUEST:
        raise RequestRefused(
            400,
            "API-FIELD-001",
            f"The items have {count:,} identifiers. The limit is {MOST_OF_REQUEST:,}.",
            "Send fewer people per request.",
        )


def _fact(raw: object, names: ToolNames, at: datetime) -> IdentityFact:
    """Read one item. Raises msgspec.ValidationError."""
    item = msgspec.convert(raw, PersonItem)
    return IdentityFact(item.user_id, tuple(item.identifiers(names)), at, _ORIGIN)


def _result(done: FactResult) -> dict[str, object]:
    if done.problem:
        return _refused(
            done.problem.rule, str(done.problem.message), str(done.problem.fix)
        )
    outcome = "conflict" if done.conflicts else "linked" if done.new else "unchanged"
    shown: dict[str, object] = {"result": outcome, "new": done.new, "seen": done.seen}
    if done.conflicts:
        shown["conflicts"] = [NAMES[kind] for kind in done.conflicts]
    return shown


def _refused(code: str, message: str, fix: str) -> dict[str, object]:
    return {"result": "refused", "code": code, "message": message, "fix": fix}


def _after(request: HttpRequest) -> int:
    text = request.GET.get("after", "") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise RequestRefused(
            400,
            "API-FIELD-001",
            "The parameter `after` is not a number.",
            "Send the `after` of the last response, or leave it out to start.",
        )
    return int(text)


def _change(one: LinkChange) -> dict[str, object]:
    identifier: dict[str, object] = {
        "kind": NAMES[IdentifierKind(one.kind)],
        "key": one.key_id,
        "digest": bytes(one.digest).hex(),
    }
    if one.type:
        identifier["type"] = one.type
    return {
        "number": one.number,
        "change": CHANGES[LinkChange.Change(one.change)],
        "identifier": identifier,
        "userId": one.user_id or None,
        "origin": OriginKind(one.origin).name.lower(),
        "at": iso_ms(one.at),
    }


def _answer(body: dict[str, object]) -> HttpResponse:
    return JsonResponse({"success": True, **body})
