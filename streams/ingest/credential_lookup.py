"""Lookups of credentials and workspaces, cached for a few seconds.

A key that was replaced or a token that was revoked is refused within FRESH_S in every
process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Self

from streams.base.caching.ttl_cache import TtlCache
from streams.base.request_errors import RequestRefused
from streams.connections.models import Connection
from streams.identity.suppression.people import SuppressedPeople, suppressed_people
from streams.ingest.commit.backpressure import Backpressure
from streams.ingest.credentials.authentication import Credential, unknown
from streams.ingest.credentials.credential_cache import (
    ABSENT_S,
    FRESH_S,
    CredentialAccess,
    CredentialCache,
    ResolvedFeed,
)
from streams.ingest.people.lookup import Resolution, look_up
from streams.ingest.workspaces.creation import open_feeds_of
from streams.observability.issues.counter import IssueCounter
from streams.observability.issues.flusher import CountFlusher, flush
from streams.observability.suppressed_events.counter import (
    SuppressedCounter,
)
from streams.observability.suppressed_events.counter import flush as flush_suppressed
from streams.observability.user_id_lookups.counter import LookupCounter
from streams.observability.user_id_lookups.store import flush as flush_lookups
from streams.spec.validation_modes import ValidationMode
from streams.tracked_users.counter import TrackedUserCounter
from streams.tracked_users.store import FLUSH_S as TRACKED_USERS_FLUSH_S
from streams.tracked_users.store import TrackedUserFlusher

if TYPE_CHECKING:
    from streams.catalog.validation.event_validator import StreamRules
    from streams.events.models import Feed
    from streams.events.people.identifiers import Person
    from streams.observability.backlog import Backlog


SET_S = 600.0  # how long a set of suppressed people is kept; another one replaces it at once
MOST_SETS = 10_000


class NotCached(LookupError):
    """The database would have to be queried, which is not allowed here."""


@dataclass(frozen=True, slots=True)
class CredentialLookup:
    """Cached lookups, and counts of events. It is thread-safe."""

    credentials: CredentialCache = field(default_factory=CredentialCache)
    feeds: TtlCache[tuple[Credential, str], ResolvedFeed] = field(
        default_factory=lambda: TtlCache(100_000)
    )
    backpressure: Backpressure = field(default_factory=Backpressure)
    issues: IssueCounter = field(default_factory=IssueCounter)
    user_ids: LookupCounter = field(default_factory=LookupCounter)
    tracked_users: TrackedUserCounter = field(default_factory=TrackedUserCounter)
    resolutions: TtlCache[tuple[int, Person], Resolution] = field(
        default_factory=lambda: TtlCache(100_000)
    )
    suppressed: SuppressedCounter = field(default_factory=SuppressedCounter)
    # By the number of the set, so a change of the set is another entry.
    suppressed_sets: TtlCache[tuple[int, int], SuppressedPeople] = field(
        default_factory=lambda: TtlCache(MOST_SETS)
    )
    may_query: bool = True

    def without_database(self) -> Self:
        """Return this lookup without database access: it raises NotCached instead."""
        return replace(self, may_query=False)

    def flushers(self) -> Sequence[CountFlusher]:
        """Return the threads that store the counts, not started yet.

        The sketches of tracked users are larger than counts, so another thread stores them, less
        often.
        """
        people = TrackedUserFlusher(self.tracked_users)
        return (
            CountFlusher(
                partial(flush, self.issues),
                partial(flush_lookups, self.user_ids),
                partial(flush_suppressed, self.suppressed),
            ),
            CountFlusher(people.flush, every_s=TRACKED_USERS_FLUSH_S),
        )

    def backlog(self) -> Backlog:
        """Return the backlog as of a few seconds ago. Raises NotCached."""
        if self.backpressure.is_due:
            self._require_database()
            self.backpressure.refresh()
        return self.backpressure.backlog

    def access(self, credential: Credential) -> CredentialAccess:
        """Return a credential's access. Raises RequestRefused if unknown, or NotCached."""
        if self.credentials.is_due:  # the first thread refreshes; the others go on
            self._require_database()
            self.credentials.refresh()
        access = self.credentials.cached(credential)
        if access is None:
            self._require_database()
            access = self.credentials.look_up(credential)
        if not access:
            raise unknown(credential.kind)
        return access

    def find_feeds(
        self,
        access: CredentialAccess,
        external_ids: Collection[str],
        *,
        may_create: bool,
    ) -> dict[str, ResolvedFeed | RequestRefused]:
        """Return feeds by the external ID of their workspace.

        With `may_create`, new workspaces are created if the stream allows it. The result
        lacks IDs without a workspace. It has a refusal for an ID whose workspace can only
        be created later. Raises NotCached.
        """
        found: dict[str, ResolvedFeed | RequestRefused] = {}
        for external_id in external_ids:
            feed = self.feeds.get((access.credential, external_id))
            if feed is not None:
                found[external_id] = feed
        missing = [one for one in external_ids if one not in found]
        if missing:
            self._require_database()
            found.update(self._open_feeds(access, missing, may_create=may_create))
        return found

    def people(
        self, feed_id: int, people: Collection[Person]
    ) -> dict[Person, Resolution]:
        """Return what the identity map of a feed says about people. Raises NotCached.

        Only userIds that were found are cached, so a new link counts at once.
        """
        found: dict[Person, Resolution] = {}
        for person in people:
            resolution = self.resolutions.get((feed_id, person))
            if resolution is not None:
                found[person] = resolution
        missing = [one for one in people if one not in found]
        if missing:
            self._require_database()
            for person, resolution in look_up(feed_id, missing).items():
                found[person] = resolution
                if resolution.user_id:
                    key = (feed_id, person)
                    self.resolutions.put(key, resolution, seconds=FRESH_S)
        return found

    def suppressed_people(self, feed: ResolvedFeed) -> SuppressedPeople | None:
        """Return who is suppressed in a feed; None: no one. Raises NotCached."""
        if not feed.suppression:
            return None
        key = (feed.feed_id, feed.suppression)
        found = self.suppressed_sets.get(key)
        if found is None:
            self._require_database()
            found = suppressed_people(feed.workspace_id, feed.feed_id)
            self.suppressed_sets.put(key, found, seconds=SET_S)
        return found or None

    def _open_feeds(
        self, access: CredentialAccess, external_ids: list[str], *, may_create: bool
    ) -> Iterator[tuple[str, ResolvedFeed | RequestRefused]]:
        rules = self.credentials.rules.of([access.stream_id])[access.stream_id]
        opened = open_feeds_of(access, external_ids, may_create=may_create)
        for external_id, feed in opened:
            if isinstance(feed, RequestRefused):
                yield external_id, feed
                continue
            resolved = _resolved(feed, rules)
            seconds = FRESH_S if resolved.connected else ABSENT_S
            self.feeds.put((access.credential, external_id), resolved, seconds=seconds)
            yield external_id, resolved

    def _require_database(self) -> None:
        if not self.may_query:
            raise NotCached


def _resolved(feed: Feed, rules: StreamRules) -> ResolvedFeed:
    status: str | None = feed.connection_status  # type: ignore[attr-defined] # annotated
    workspace = feed.workspace
    validator = rules.checks(ValidationMode(workspace.check_mode))
    return ResolvedFeed(
        feed.pk,
        workspace.external_id,
        connected=status is not None,
        validator=validator,
        active=status == Connection.Status.ACTIVE,
        workspace_id=workspace.pk,
        suppression=workspace.suppression,
    )
