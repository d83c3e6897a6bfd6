"""Prepare requests whose userIds are looked up: `python -m bench.load.resolution KEYS`.

KEYS is a file with the ingest keys of the feeds. Prints, as JSON, how many microseconds more
an event takes in ingest than with a stream that looks up no userIds, in batches of 100:
everything between a request that was read and the write to the database.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import django
from msgspec import structs

django.setup()

from bench.load.events import as_sent, basic  # noqa: E402 - needs the app registry
from streams.base.clock import now  # noqa: E402
from streams.catalog.identity_settings import choose_identity  # noqa: E402
from streams.events.models import Feed  # noqa: E402
from streams.identity import lookup as identity_lookup  # noqa: E402
from streams.identity.claims import Origin  # noqa: E402
from streams.identity.identifiers import Identifier, IdentifierKind  # noqa: E402
from streams.identity.links import IdentityFact, learn  # noqa: E402
from streams.identity.models import OriginKind  # noqa: E402
from streams.ingest.credential_lookup import CredentialLookup  # noqa: E402
from streams.ingest.http.routes import find_route  # noqa: E402
from streams.ingest.service import Admission, admit, take  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

BATCH, TURNS = 100, 400
EVENT_BYTES = 1_000


class Variant(NamedTuple):
    """Requests of one kind, and how their userIds are found."""

    body: bytes
    resolves: bool  # the stream looks up userIds
    is_cached: bool = True


def main() -> None:
    key = json.loads(Path(sys.argv[1]).read_text())[0]
    headers = {"authorization": basic(key).decode()}
    feed = _feed_of(headers)
    _learn(feed)
    choose_identity(
        stream=feed.stream,
        identify_by=("tool_id", "email"),
        unresolved="reject",
        check_user_ids=False,
        actor=None,
    )
    with_user_id, with_person = _bodies()
    variants = {
        "off": Variant(with_user_id, resolves=False),
        "user_id": Variant(with_user_id, resolves=True),
        "resolved": Variant(with_person, resolves=True, is_cached=False),
        "resolved_cached": Variant(with_person, resolves=True),
    }
    us = _measure(headers, variants)
    extra = {name: spent - us["off"] for name, spent in us.items() if name != "off"}
    json.dump({f"identity_{name}_us": one for name, one in extra.items()}, sys.stdout)


def _feed_of(headers: Mapping[str, str]) -> Feed:
    access = _admission(headers, CredentialLookup(), resolves=True).access
    assert access is not None
    assert access.feed is not None
    return Feed.objects.select_related("stream").get(pk=access.feed.feed_id)


def _learn(feed: Feed) -> None:
    origin = Origin(OriginKind.INBOUND, "project", "message")
    facts = [
        IdentityFact(
            f"user-{n}", (Identifier(IdentifierKind.TOOL_ID, f"tool-{n}"),), now(), origin
        )
        for n in range(BATCH)
    ]  # fmt: skip
    learn(feed.pk, facts)


def _bodies() -> tuple[bytes, bytes]:
    """Return a body of events with userIds, and one of events with the tool's IDs."""
    events = [as_sent(n, EVENT_BYTES, "identity") for n in range(BATCH)]
    persons = [
        {k: v for k, v in event.items() if k != "userId"} | {"person": {"id": f"tool-{n}"}}
        for n, event in enumerate(events)
    ]  # fmt: skip
    with_user_id, with_person = (
        json.dumps({"batch": batch}).encode() for batch in (events, persons)
    )
    return with_user_id, with_person


def _measure(
    headers: Mapping[str, str], variants: Mapping[str, Variant]
) -> dict[str, float]:
    """Return the median of each variant, in µs per event. The variants take turns."""
    lookup = CredentialLookup()
    spent: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(TURNS):
        for name, variant in variants.items():
            if not variant.is_cached:
                identity_lookup.clear_cache()
                lookup.resolutions.clear()
            admission = _admission(headers, lookup, resolves=variant.resolves)
            began = time.perf_counter()
            pending = take(admission, variant.body, lookup, now=now())
            spent[name].append((time.perf_counter() - began) / BATCH * 1e6)
            assert len(pending.additions[0].events) == BATCH
    return {name: median(each) for name, each in spent.items()}


def _admission(
    headers: Mapping[str, str], lookup: CredentialLookup, *, resolves: bool
) -> Admission:
    route = find_route("POST", "/v1/batch")
    assert route is not None
    admission = admit(route, headers, lookup)
    if resolves:
        return admission
    assert admission.access is not None
    source = replace(admission.access.source, identity=None)
    return structs.replace(admission, access=replace(admission.access, source=source))


if __name__ == "__main__":
    main()
