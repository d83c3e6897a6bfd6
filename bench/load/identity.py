"""Look people up in an identity map, and learn facts: `python -m bench.load.identity LINKS`.

The map of one feed has so many links of other people. Prints microseconds per person, as
JSON: of batches of 100 for lookups, and of 1,000 facts with two identifiers each.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import batched
from statistics import median
from typing import TYPE_CHECKING

import django

django.setup()

from django.db import connection  # noqa: E402 - needs the app registry

from streams.base.clock import now  # noqa: E402
from streams.events.models import Feed  # noqa: E402
from streams.identity import lookup  # noqa: E402
from streams.identity.claims import Origin  # noqa: E402
from streams.identity.identifiers import Identifier, IdentifierKind  # noqa: E402
from streams.identity.links import IdentityFact, learn  # noqa: E402
from streams.identity.models import OriginKind  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PEOPLE = 10_000
LOOKUP, FACTS = 100, 1_000  # per call
OTHERS = """
    INSERT INTO streams_link (
        feed_id, kind, type, origin, project_id, message_id, digest, key_id, user_id,
        first_seen_at, last_seen_at
    )
    SELECT %(feed)s, 2, '', 1, 'project', 'message-' || n, decode(md5(n::text), 'hex'), 'k1',
        'user-' || n, now(), now()
    FROM generate_series(1, %(links)s) AS n
"""
NO_ONE = (
    "TRUNCATE streams_link, streams_linkchange, streams_conflict, streams_identitymap"
)


def main() -> None:
    feed_id = Feed.objects.values_list("pk", flat=True)[0]
    with connection.cursor() as sql:
        sql.execute(NO_ONE)  # of an earlier run
        sql.execute(OTHERS, {"feed": feed_id, "links": int(sys.argv[1])})
        sql.execute("ANALYZE streams_link")
    json.dump(_measure(feed_id), sys.stdout)


def _measure(feed_id: int) -> dict[str, float]:
    at, origin = now(), Origin(OriginKind.INBOUND, "project", "message")
    emails = [_email(n) for n in range(PEOPLE)]
    facts = [
        IdentityFact(
            f"u{n}", (email, Identifier(IdentifierKind.TOOL_ID, f"tool-{n}")), at, origin
        )
        for n, email in enumerate(emails)
    ]  # fmt: skip

    def uncached(some: Sequence[Identifier]) -> None:
        lookup.clear_cache()
        lookup.find(feed_id, some)

    return {
        "identity_learn_us": _us(facts, FACTS, lambda some: learn(feed_id, some)),
        "identity_seen_us": _us(facts, FACTS, lambda some: learn(feed_id, some)),
        "identity_lookup_us": _us(emails, LOOKUP, uncached),
        "identity_cached_us": _us(
            [*emails[:LOOKUP]] * LOOKUP,
            LOOKUP,
            lambda some: lookup.find(feed_id, some),
        ),
    }


def _email(number: int) -> Identifier:
    return Identifier(IdentifierKind.EMAIL, f"person.{number}@example.com")


def _us[T](of: Sequence[T], size: int, call: Callable[[Sequence[T]], object]) -> float:
    """Return the median of all calls, per item."""
    spent = []
    for some in batched(of, size, strict=False):
        began = time.perf_counter()
        call(some)
        spent.append((time.perf_counter() - began) / len(some) * 1e6)
    return median(spent)


if __name__ == "__main__":
    main()
