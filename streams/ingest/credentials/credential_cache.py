"""The cache of ingest keys and API tokens, which keeps what they give access to.

All ingest keys in use are refreshed together, once per second. So a key that is used at
least once a minute needs no lookup of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from django.db.models import Exists, OuterRef, Q

from streams.base.clock import now
from streams.catalog.validation.event_validator import RuleCache
from streams.connections.models import Connection
from streams.events.intake import StreamFields
from streams.events.models import Feed
from streams.ingest.credentials.authentication import Credential, CredentialKind
from streams.ingest.credentials.ttl_cache import TtlCache
from streams.spec.modes import ValidationMode
from streams.tenancy.models import PartnerToken

if TYPE_CHECKING:
    from streams.catalog.validation.event_validator import EventValidator

FRESH_S = 3.0  # how long an entry is kept
ABSENT_S = (
    1.0  # how long an unknown key is kept; short, so that a new key works at once
)
REFRESH_S = 1.0
IN_USE_S = 60.0  # how long after its last use a key is still refreshed
MOST_IN_USE = (
    5_000  # refreshed together, in about 50 ms; others are looked up when used
)
# Pause twenty times as long as a refresh took, so that many keys cost 5% of the time.
REST = 20
KEPT = 100_000
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ResolvedFeed:
    """A workspace's feed, and how its events are checked."""

    feed_id: int
    external_id: str
    connected: bool  # False: events are queued until the workspace is connected
    checks: EventValidator | None = None  # None: validation is off


@dataclass(frozen=True, slots=True)
class CredentialAccess:
    """The access that a credential gives: to one place, or (None) all of the partner's
    workspaces."""

    credential: Credential = field(repr=False)
    stream_id: int
    source: StreamFields
    create_workspaces: bool
    place: ResolvedFeed | None


class CredentialCache:
    """The cache. It is thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.rulebook = RuleCache()
        self._clock = clock
        self._recent: TtlCache[Credential, CredentialAccess | Literal[False]] = (
            TtlCache(KEPT, clock)
        )
        self._used: dict[Credential, float] = {}  # the last use of each ingest key
        self._refresh_at = clock() + REFRESH_S
        self._lock = threading.Lock()

    def kept(self, credential: Credential) -> CredentialAccess | Literal[False] | None:
        """Return the cached entry; None if the database must be queried."""
        access = self._recent.get(credential)
        if access and credential.kind is CredentialKind.INGEST_KEY:
            self._used[credential] = self._clock()
        return access

    def look_up(self, credential: Credential) -> CredentialAccess | Literal[False]:
        """Query the database, and cache the result."""
        if credential.kind is CredentialKind.PARTNER_TOKEN:
            found = _token_access(credential)
        else:
            found = _feed_accesses([credential], self.rulebook).get(credential)
            if found is not None:
                self._used[credential] = self._clock()
        return self._keep(credential, found)

    @property
    def is_due(self) -> bool:
        """Whether it is time to `refresh`."""
        return self._clock() >= self._refresh_at

    def refresh(self) -> None:
        """Refresh all ingest keys in use, unless another thread does."""
        with self._lock:
            if not self.is_due:
                return
            began = self._clock()
            self._refresh_at = began + FRESH_S
        in_use = self._in_use(began)
        found = _feed_accesses(in_use, self.rulebook)
        for credential in in_use:
            self._keep(credential, found.get(credential))
            if credential not in found:
                self._used.pop(credential, None)
        took = self._clock() - began
        self._refresh_at = began + took + max(REFRESH_S, REST * took)

    def _in_use(self, at: float) -> list[Credential]:
        # A copy, because other threads use keys at the same time.
        lately = {c: t for c, t in self._used.copy().items() if t > at - IN_USE_S}
        newest = sorted(lately, key=lately.__getitem__)[-MOST_IN_USE:]
        for credential in self._used.keys() - set(newest):
            self._used.pop(credential, None)
        return newest

    def _keep(
        self, credential: Credential, found: CredentialAccess | None
    ) -> CredentialAccess | Literal[False]:
        access: CredentialAccess | Literal[False] = found or False
        brief = found is None or (found.place and not found.place.connected)
        self._recent.put(credential, access, seconds=ABSENT_S if brief else FRESH_S)
        return access


def _feed_accesses(
    credentials: Iterable[Credential], rulebook: RuleCache
) -> dict[Credential, CredentialAccess]:
    """Look up ingest keys in two queries. The result lacks unknown keys."""
    by_digest = {credential.digest: credential for credential in credentials}
    if not by_digest:
        return {}
    connection = Connection.objects.current().filter(feed=OuterRef("pk"))
    feeds = Feed.objects.filter(ingest_key_digest__in=by_digest).values_list(
        "stream_id",
        "ingest_key_digest",
        "pk",
        "workspace__external_id",
        Exists(connection),
        "workspace__check_mode",
        "stream__slug",
        "stream__version",
        "stream__allow_anonymous",
        "stream__create_workspaces",
    )
    rows = list(feeds)
    rules = rulebook.of({stream_id for stream_id, *_ in rows})
    found = {}
    for row in rows:
        stream_id, digest, feed_id, external_id, connected, mode, *source, creates = row
        credential = by_digest[digest]
        checks = rules[stream_id].checks(ValidationMode(mode))
        place = ResolvedFeed(feed_id, external_id, connected, checks)
        found[credential] = CredentialAccess(
            credential, stream_id, StreamFields(*source), creates, place
        )
    return found


def _token_access(credential: Credential) -> CredentialAccess | None:
    live = PartnerToken.objects.filter(digest=credential.digest, revoked_at=None)
    token = live.select_related("stream").first()
    if token is None:
        return None
    moment = now()
    unnoted = Q(last_used_at=None) | Q(last_used_at__lt=moment - USE_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < moment - USE_NOTED_EVERY:
        # The UPDATE filters again, because all processes get here at the same time.
        live.filter(unnoted).update(last_used_at=moment)
    stream = token.stream
    source = StreamFields(stream.slug, stream.version, stream.allow_anonymous)
    return CredentialAccess(
        credential, stream.pk, source, stream.create_workspaces, place=None
    )
