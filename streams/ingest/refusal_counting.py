"""Counts refused requests by key. Requests that are accepted cost nothing here.

Only keys that the portal knows are counted, including API tokens that expired or were
revoked, and the last replaced ingest key of each feed. Of requests with an ingest key in the
body, only those are counted that the request log keeps in full.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

import structlog

from streams.base.clock import now
from streams.base.database.session import DATABASE_DOWN
from streams.base.request_errors import RequestRefused
from streams.events.feeds import replaced_keys
from streams.ingest.credentials.authentication import CredentialKind
from streams.observability.issues.counter import hour_of
from streams.observability.requests.refusals import (
    REPLACED,
    RefusedKey,
    RefusedTally,
    add,
)
from streams.tenancy.services import ended_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.ingest.credential_lookup import CredentialLookup
    from streams.ingest.credentials.authentication import Credential

log = structlog.get_logger()

WRITE_EVERY_S = 10.0
MOST_TALLIES = 10_000  # while the database is unavailable
MOST_LOOKED_UP = 100  # unknown keys of each kind, each time

type _Refused = tuple[Credential, int, int]  # a key, a status, a number of requests


class RefusalCounter:
    """Counts for one thread, which stores them from time to time."""

    def __init__(self, lookup: CredentialLookup) -> None:
        self._lookup = lookup
        self._tallies: dict[RefusedKey, RefusedTally] = {}
        self._written_s = time.monotonic()

    def count(self, refused: Iterable[_Refused]) -> None:
        """Count requests."""
        at = now()
        unknown: list[_Refused] = []
        for one in refused:
            credential, status, count = one
            try:
                access = self._lookup.access(credential)
            except RequestRefused:
                unknown.append(one)
                continue
            of_feed = f"feed:{access.feed.feed_id}" if access.feed else ""
            subject = of_feed or f"token:{access.token_id}"
            self._add(
                RefusedKey(hour_of(at), subject, status, access.stream_id), count, at
            )
        former = _former_keys([credential for credential, *_ in unknown], at)
        for credential, status, count in unknown:
            if credential in former:
                subject, stream = former[credential]
                self._add(RefusedKey(hour_of(at), subject, status, stream), count, at)

    @property
    def is_due(self) -> bool:
        """Whether it is time to `write`."""
        return time.monotonic() >= self._written_s + WRITE_EVERY_S

    def write(self) -> None:
        """Store the counts. Those that can't be stored now are kept."""
        self._written_s = time.monotonic()
        tallies, self._tallies = self._tallies, {}
        try:
            add(tallies)
        except DATABASE_DOWN as error:
            log.warning("refusals.not_written", error=type(error).__name__)
            self._tallies = tallies

    def _add(self, key: RefusedKey, count: int, at: datetime) -> None:
        if key not in self._tallies and len(self._tallies) >= MOST_TALLIES:
            return
        self._tallies.setdefault(key, RefusedTally.from_time(at)).add(count, at)


def _former_keys(
    credentials: Iterable[Credential], at: datetime
) -> dict[Credential, tuple[str, int]]:
    """Return the subjects and the streams of keys that no longer work.

    At most MOST_LOOKED_UP of each kind are looked up.
    """
    by_kind: dict[CredentialKind, list[Credential]] = defaultdict(list)
    for credential in credentials:
        by_kind[credential.kind].append(credential)
    tokens, keys = (
        [one.digest for one in by_kind[kind][:MOST_LOOKED_UP]]
        for kind in (CredentialKind.PARTNER_TOKEN, CredentialKind.INGEST_KEY)
    )
    found = {
        digest: (f"token:{token.pk}", token.stream_id)
        for digest, token in ended_tokens(tokens).items()
    } | {
        digest: (f"{REPLACED}:{key.feed_id}", key.feed.stream_id)
        for digest, key in replaced_keys(keys, at).items()
    }
    own = [one for some in by_kind.values() for one in some if one.digest in found]
    return {one: found[one.digest] for one in own}
