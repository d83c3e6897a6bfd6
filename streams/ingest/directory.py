"""What a key or token opens, and where a workspace's events go.

Answers are kept for a few seconds: a key that was replaced or a token that was revoked
is refused within FRESH_S in every process.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from django.db.models import Exists, OuterRef, QuerySet

from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.events.models import Feed
from streams.events.services import open_feed
from streams.ingest.accesses import ABSENT_S, FRESH_S, Access, Accesses, Place
from streams.ingest.auth import Credential, unknown
from streams.ingest.cache import Recent
from streams.ingest.pressure import Pressure
from streams.observability.findings.counting import FindingCounter
from streams.spec.modes import Mode
from streams.tenancy.models import Workspace
from streams.tenancy.services import ExternalIdTaken, create_workspace

if TYPE_CHECKING:
    from streams.catalog.checking import StreamRules
    from streams.observability.load import Load


class NotCached(LookupError):
    """The database would have to be asked, and may not be here."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Lookups, by digest and index alone, kept for some seconds, and what was found of
    events. Safe between threads."""

    accesses: Accesses = field(default_factory=Accesses)
    places: Recent[tuple[Credential, str], Place] = field(
        default_factory=lambda: Recent(100_000)
    )
    pressure: Pressure = field(default_factory=Pressure)
    findings: FindingCounter = field(default_factory=FindingCounter)
    may_ask: bool = True

    def without_database(self) -> Self:
        """The same, where only what is kept may be used; else NotCached is raised."""
        return replace(self, may_ask=False)

    def load(self) -> Load:
        """How much waits, as it was seen some seconds ago. Raises NotCached."""
        if self.pressure.is_due:
            self._ask()
            self.pressure.refresh()
        return self.pressure.load

    def access(self, credential: Credential) -> Access:
        """Raises RequestRefused for a credential that opens nothing; NotCached."""
        if self.accesses.is_due:  # whoever notices does it; the others go on
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
        self, access: Access, external_ids: Collection[str], *, may_make: bool
    ) -> dict[str, Place]:
        """Places by external id; `may_make` makes what is new if the stream says so.

        An id that is missing in the answer is of no workspace. Raises NotCached.
        """
        found: dict[str, Place] = {}
        for external_id in external_ids:
            place = self.places.get((access.credential, external_id))
            if place is not None:
                found[external_id] = place
        missing = set(external_ids) - found.keys()
        if not missing:
            return found
        self._ask()
        rules = self.accesses.rulebook.of([access.stream_id])[access.stream_id]
        open_places = _open_places if may_make else _known_places
        for place in open_places(access, missing, rules):
            seconds = FRESH_S if place.connected else ABSENT_S
            self.places.put(
                (access.credential, place.external_id), place, seconds=seconds
            )
            found[place.external_id] = place
        return found

    def _ask(self) -> None:
        if not self.may_ask:
            raise NotCached


def _feeds() -> QuerySet[Feed]:
    connection = Connection.objects.current().filter(feed=OuterRef("pk"))
    return Feed.objects.select_related("stream", "workspace").annotate(
        connected=Exists(connection)
    )


def _place(feed: Feed, rules: StreamRules) -> Place:
    connected: bool = feed.connected  # type: ignore[attr-defined] # annotated by _feeds
    workspace = feed.workspace
    checks = rules.checks(Mode(workspace.check_mode))
    return Place(feed.pk, workspace.external_id, connected, checks)


def _known_places(
    access: Access, external_ids: Collection[str], rules: StreamRules
) -> list[Place]:
    known = _feeds().filter(
        stream=access.stream_id, workspace__external_id__in=external_ids
    )
    return [_place(feed, rules) for feed in known]


def _open_places(
    access: Access, external_ids: Collection[str], rules: StreamRules
) -> list[Place]:
    """The places there are, and new ones for the rest where that may be."""
    places = _known_places(access, external_ids, rules)
    missing = set(external_ids) - {place.external_id for place in places}
    if not missing:
        return places
    stream = Stream.objects.select_related("partner").get(pk=access.stream_id)
    for external_id in sorted(missing):
        workspace = _workspace(stream, external_id)
        if workspace is not None:
            feed, _ = open_feed(stream=stream, workspace=workspace, actor=None)
            checks = rules.checks(Mode(workspace.check_mode))
            places.append(Place(feed.pk, external_id, connected=False, checks=checks))
    return places


def _workspace(stream: Stream, external_id: str) -> Workspace | None:
    mine = Workspace.objects.filter(partner=stream.partner, external_id=external_id)
    workspace = mine.first()
    if workspace is not None or not stream.create_workspaces:
        return workspace
    try:
        return create_workspace(
            partner=stream.partner,
            external_id=external_id,
            name=external_id,
            actor=None,
        )
    except ExternalIdTaken:  # another request made it in this moment
        return mine.get()
