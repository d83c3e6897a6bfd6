"""What the stage of a stream lets through: until it is approved, tests alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.catalog.stage import Stage
from streams.connections.regions import Region

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.connections.models import Connection
    from streams.tenancy.models import Workspace


def kept_by(
    stream: Stream, workspace: Workspace, connection: Connection
) -> Stage | None:
    """The stage of the stream, if that keeps it from sending to this connection.

    models.of_tests asks the same of the database.
    """
    stage = Stage(stream.stage)
    if stage.delivers or workspace.is_test or Region(connection.region).is_sandbox:
        return None
    return stage


def reason(stage: Stage) -> str:
    """Why a stage keeps events waiting, for whose they are."""
    if stage == Stage.SUSPENDED:
        return "The stream is suspended."
    return "The stream waits for approval."
