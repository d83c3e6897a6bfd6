"""Whether a connection may send and, if not, why: the stage of its stream, and halts.

Only this module knows these conditions. `SendPolicy` applies them to connections at hand,
`unblocked` to the database, and `DrainPolicy` has the values for the drain of one
stream. Pausing is separate: it is the status of a connection (connection/status.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from django.db.models import Q
from django.utils.translation import gettext as _

from streams.catalog.models import Stream
from streams.catalog.stage import DELIVERING, Stage
from streams.connections.models import Connection
from streams.connections.regions import SANDBOXES, Region
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.events.models import Feed

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.db.models.functions import Now

    from streams.tenancy.models import Workspace

NOTHING = Q(pk__in=())


class BlockCause(StrEnum):
    """A condition that stops delivery to a connection."""

    AWAITING_APPROVAL = "awaiting_approval"
    SUSPENDED = "suspended"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class SendBlock:
    """Why nothing is sent to a connection. Its events stay queued."""

    cause: BlockCause
    halt_reason: str = ""  # the operator's words, as a sentence

    @property
    def message(self) -> str:
        """The cause for customers."""
        match self.cause:
            case BlockCause.SUSPENDED:
                return _("The stream is suspended.")
            case BlockCause.AWAITING_APPROVAL:
                return _("The stream is awaiting approval.")
            case BlockCause.HALTED:
                return _("Delivery halted by the operator: %(reason)s") % {
                    "reason": self.halt_reason
                }


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """The halts in effect, loaded once for any number of connections."""

    halts: tuple[Halt, ...]

    @classmethod
    def load(cls) -> Self:
        """Read all halts with one query."""
        return cls(tuple(Halt.objects.order_by("pk")))

    def block(
        self, connection: Connection, *, stream: Stream, workspace: Workspace
    ) -> SendBlock | None:
        """Return why nothing is sent to a connection; None: nothing blocks it.

        `stream` and `workspace` are those of its feed. The stage comes before halts.
        """
        stage = Stage(stream.stage)
        exempt = workspace.is_test or Region(connection.region).is_sandbox
        if not (stage.delivers or exempt):
            suspended = stage == Stage.SUSPENDED
            return SendBlock(
                BlockCause.SUSPENDED if suspended else BlockCause.AWAITING_APPROVAL
            )
        halt = self.halt_of(connection, stream=stream)
        return SendBlock(BlockCause.HALTED, _as_sentence(halt.reason)) if halt else None

    def halt_of(self, connection: Connection, *, stream: Stream) -> Halt | None:
        """Return the oldest halt that stops a connection; None: no halt does."""
        for halt in self.halts:
            of_stream = halt.stream_id in {None, stream.pk}
            if of_stream and halt.region in {"", connection.region}:
                return halt
        return None


def sendable_cursors(now: datetime | Now) -> QuerySet[Cursor]:
    """Return the due cursors that may send. Reads the halts first."""
    return unblocked(Cursor.objects.due(now))


def unblocked(cursors: QuerySet[Cursor]) -> QuerySet[Cursor]:
    """Return those cursors that `SendPolicy.block` would not stop. Reads the halts first."""
    early = Stream.objects.exclude(stage__in=DELIVERING)
    free = cursors.filter(~Q(stream__in=early) | _exempt_from_stage())
    for halt in Halt.objects.all():
        halted = _scope(
            halt.stream_id, halt.region, stream="stream", region="connection__region"
        )
        free = free.exclude(halted) if halted else free.filter(NOTHING)
    return free


def halted_connections(*, stream: Stream | None, region: str) -> QuerySet[Connection]:
    """Return the connections that a halt of this scope stops. None and "" mean all."""
    stream_id = stream.pk if stream else None
    scope = _scope(stream_id, region, stream="feed__stream", region="region")
    return Connection.objects.current().filter(scope)


@dataclass(frozen=True, slots=True)
class DrainPolicy:
    """The limits and stops for the drain of one stream, as of when they were read."""

    requests_per_second: int
    halted: bool  # nothing is sent
    halted_regions: frozenset[str]
    # The cursors that may send before the stream is approved; None: all of them.
    exempt: frozenset[int] | None

    @classmethod
    def load(cls, stream_id: int) -> Self:
        """Read the current values from the database."""
        streams = Stream.objects.values_list("requests_per_second", "stage")
        requests_per_second, stage = streams.get(pk=stream_id)
        halts = Halt.objects.filter(Q(stream=None) | Q(stream=stream_id))
        regions = frozenset(halts.values_list("region", flat=True))
        exempt = None
        if not Stage(stage).delivers:
            cursors = Cursor.objects.filter(stream=stream_id, ended_at=None)
            ids = cursors.filter(_exempt_from_stage()).values_list("pk", flat=True)
            exempt = frozenset(ids)
        return cls(requests_per_second, "" in regions, regions, exempt)

    @property
    def still_exempt(self) -> Q:
        """Match cursors that the stage allows at the time of the query.

        `exempt` is older: a sandbox connection may have changed to a real source.
        """
        return Q() if self.exempt is None else _exempt_from_stage()


def _exempt_from_stage() -> Q:
    """Match cursors of the sandbox or a test workspace, which may send in every stage.

    Two subqueries of IDs, so that PostgreSQL runs them only if a cursor depends on them:
    the sweep queries every second.
    """
    sandbox = Connection.objects.filter(region__in=SANDBOXES)
    tests = Feed.objects.filter(workspace__is_test=True)
    return Q(connection__in=sandbox) | Q(feed__in=tests)


def _scope(
    halted_stream: int | None, halted_region: str, *, stream: str, region: str
) -> Q:
    """Match the scope of a halt by the names of these fields; empty: everything."""
    scope = Q(**{stream: halted_stream}) if halted_stream else Q()
    return scope & Q(**{region: halted_region}) if halted_region else scope


def _as_sentence(text: str) -> str:
    """End an operator's text with a period, so that another sentence can follow."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…", ":")) else f"{text}."
