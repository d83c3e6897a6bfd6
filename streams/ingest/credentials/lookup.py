"""Lookups of credentials and workspaces, cached for a few seconds.

A key that was replaced or a token that was revoked is refused within FRESH_S in every
process.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from streams.base.request_errors import RequestRefused
from streams.ingest.commit.backpressure import Backpressure
from streams.ingest.credentials.authentication import Credential, unknown
from streams.ingest.credentials.credential_cache import (
    ABSENT_S,
    FRESH_S,
    CredentialAccess,
    CredentialCache,
    ResolvedFeed,
)
from streams.ingest.credentials.ttl_cache import TtlCache
from streams.ingest.workspace_creation import open_feeds_of
from streams.observability.issues.counter import IssueCounter
from streams.spec.modes import ValidationMode

if TYPE_CHECKING:
    from streams.catalog.validation.event_validator import StreamRules
    from streams.events.models import Feed
    from streams.observability.backlog import Backlog


class NotCached(LookupError):
    """The database would have to be queried, which is not allowed here."""


@dataclass(frozen=True, slots=True)
class CredentialLookup:
    """Cached lookups, and the counts of issues. It is thread-safe."""

    accesses: CredentialCache = field(default_factory=CredentialCache)
    places: TtlCache[tuple[Credential, str], ResolvedFeed] = field(
        default_factory=lambda: TtlCache(100_000)
    )
    pressure: Backpressure = field(default_factory=Backpressure)
    findings: IssueCounter = field(default_factory=IssueCounter)
    may_ask: bool = True

    def without_database(self) -> Self:
        """Return this directory without database access: it raises NotCached instead."""
        return replace(self, may_ask=False)

    def load(self) -> Backlog:
        """Return the load as of a few seconds ago. Raises NotCached."""
        if self.pressure.is_due:
            self._ask()
            self.pressure.refresh()
        return self.pressure.load

    def access(self, credential: Credential) -> CredentialAccess:
        """Return a credential's access. Raises RequestRefused if unknown, or NotCached."""
        if self.accesses.is_due:  # the first thread refreshes; the others go on
            self._ask()
            self.accesses.refresh()
        access = self.accesses.kept(credential)
        if access is None:
            self._ask()
            access = self.accesses.look_up(credential)
        if not access:
            raise unknown(credential.kind)
        return access

    def find_places(
        self, access: CredentialAccess, external_ids: Collection[str], *, may_make: bool
    ) -> dict[str, ResolvedFeed | RequestRefused]:
        """Return places by external ID.

        With `may_make`, new workspaces are created if the stream allows it. The result
        lacks IDs without a workspace. It has a refusal for an ID whose workspace can only
        be created later. Raises NotCached.
        """
        found: dict[str, ResolvedFeed | RequestRefused] = {}
        for external_id in external_ids:
            place = self.places.get((access.credential, external_id))
            if place is not None:
                found[external_id] = place
        missing = [one for one in external_ids if one not in found]
        if not missing:
            return found
        self._ask()
        rules = self.accesses.rulebook.of([access.stream_id])[access.stream_id]
        for external_id, feed in open_feeds_of(access, missing, may_make=may_make):
            if isinstance(feed, RequestRefused):
                found[external_id] = feed
                continue
            place = _place(feed, rules)
            seconds = FRESH_S if place.connected else ABSENT_S
            self.places.put((access.credential, external_id), place, seconds=seconds)
            found[external_id] = place
        return found

    def _ask(self) -> None:
        if not self.may_ask:
            raise NotCached


def _place(feed: Feed, rules: StreamRules) -> ResolvedFeed:
    connected: bool = feed.connected  # type: ignore[attr-defined] # annotated
    workspace = feed.workspace
    checks = rules.checks(ValidationMode(workspace.check_mode))
    return ResolvedFeed(feed.pk, workspace.external_id, connected, checks)
