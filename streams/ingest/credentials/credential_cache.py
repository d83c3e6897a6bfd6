"""The cache of ingest keys and API tokens, which keeps what they give access to.

All ingest keys in use are refreshed together, once per second. So a key that is used at
least once a minute needs no lookup of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from django.db.models import OuterRef, Subquery

from streams.base.caching.ttl_cache import TtlCache
from streams.base.clock import now
from streams.catalog.validation.event_validator import RuleCache
from streams.connections.models import Connection
from streams.events.event_preparation import StreamFields
from streams.events.models import Feed
from streams.events.people.identifiers import identity_rules
from streams.ingest.credentials.authentication import Credential, CredentialKind
from streams.spec.validation_modes import ValidationMode
from streams.tenancy.services import find_token

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
MOST_ENTRIES = 100_000


FEED_COLUMNS = (
    "stream_id", "stream__partner_id", "ingest_key_digest", "pk", "workspace__external_id",
    "workspace__check_mode", "workspace_id", "workspace__suppression",
)  # fmt: skip
STREAM_COLUMNS = (
    "stream__create_workspaces", "stream__slug", "stream__version", "stream__allow_anonymous",
    "stream__identify_by", "stream__unresolved", "stream__anonymous_key",
    "stream__check_user_ids",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResolvedFeed:
    """A workspace's feed, and how its events are checked."""

    feed_id: int
    external_id: str
    connected: bool  # False: events are queued until the workspace is connected
    validator: EventValidator | None = None  # None: validation is off
    active: bool = True  # False: not connected, paused, or needs attention
    workspace_id: int = 0
    suppression: int = 0  # the set of suppressed people; 0: there are none


@dataclass(frozen=True, slots=True)
class CredentialAccess:
    """The access that a credential gives: to one feed, or (None) all of the partner's
    workspaces."""

    credential: Credential = field(repr=False)
    stream_id: int
    source: StreamFields
    create_workspaces: bool
    feed: ResolvedFeed | None
    partner_id: int = 0  # for the request log
    token_id: int = 0  # 0: an ingest key


class CredentialCache:
    """The cache. It is thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.rules = RuleCache()
        self._clock = clock
        self._entries: TtlCache[Credential, CredentialAccess | Literal[False]] = (
            TtlCache(MOST_ENTRIES, clock)
        )
        self._used: dict[Credential, float] = {}  # the last use of each ingest key
        self._refresh_at = clock() + REFRESH_S
        self._lock = threading.Lock()

    def cached(
        self, credential: Credential
    ) -> CredentialAccess | Literal[False] | None:
        """Return the cached entry; None if the database must be queried."""
        access = self._entries.get(credential)
        if access and credential.kind is CredentialKind.INGEST_KEY:
            self._used[credential] = self._clock()
        return access

    def look_up(self, credential: Credential) -> CredentialAccess | Literal[False]:
        """Query the database, and cache the result."""
        if credential.kind is CredentialKind.PARTNER_TOKEN:
            found = _token_access(credential)
        else:
            found = _feed_accesses([credential], self.rules).get(credential)
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
        found = _feed_accesses(in_use, self.rules)
        for credential in in_use:
            self._keep(credential, found.get(credential))
            if credential not in found:
                self._used.pop(credential, None)
        duration_s = self._clock() - began
        self._refresh_at = began + duration_s + max(REFRESH_S, REST * duration_s)

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
        brief = found is None or (found.feed and not found.feed.connected)
        self._entries.put(credential, access, seconds=ABSENT_S if brief else FRESH_S)
        return access


def _feed_accesses(
    credentials: Iterable[Credential], cache: RuleCache
) -> dict[Credential, CredentialAccess]:
    """Look up ingest keys in two queries. The result lacks unknown keys."""
    by_digest = {credential.digest: credential for credential in credentials}
    if not by_digest:
        return {}
    connection = Connection.objects.current().filter(feed=OuterRef("pk"))
    status = Subquery(connection.values("status")[:1])
    feeds = Feed.objects.filter(ingest_key_digest__in=by_digest).values_list(
        *FEED_COLUMNS, status, *STREAM_COLUMNS
    )
    rows = list(feeds)
    rules = cache.of({stream_id for stream_id, *_ in rows})
    found = {}
    for row in rows:
        stream_id, partner_id, digest, feed_id, external_id, mode, *more = row
        workspace_id, suppression, status, creates, *source = more
        credential = by_digest[digest]
        validator = rules[stream_id].checks(ValidationMode(mode))
        feed = ResolvedFeed(
            feed_id,
            external_id,
            connected=status is not None,
            validator=validator,
            active=status == Connection.Status.ACTIVE,
            workspace_id=workspace_id,
            suppression=suppression,
        )
        found[credential] = CredentialAccess(
            credential, stream_id, _source(*source), creates, feed, partner_id
        )
    return found


def _token_access(credential: Credential) -> CredentialAccess | None:
    token = find_token(credential.digest, now())
    if token is None:
        return None
    stream = token.stream
    source = _source(
        stream.slug,
        stream.version,
        stream.allow_anonymous,
        stream.identify_by,
        stream.unresolved,
        stream.anonymous_key,
        stream.check_user_ids,
    )
    return CredentialAccess(
        credential,
        stream.pk,
        source,
        stream.create_workspaces,
        feed=None,
        partner_id=token.partner_id,
        token_id=token.pk,
    )


def _source(*columns: Any) -> StreamFields:
    slug, version, allow_anonymous, order, unresolved, key, check_user_ids = columns
    rules = (
        identity_rules(slug, order, unresolved, key, check_user_ids=check_user_ids)
        if order
        else None
    )
    return StreamFields(slug, version, allow_anonymous, rules)
