"""Delivery by stage: before a stream is approved, only test deliveries are allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.catalog.stage import Stage
from streams.connections.regions import Region

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.connections.models import Connection
    from streams.tenancy.models import Workspace


def kept_by(
    stream: Stream, workspace: Workspace, connection: Connection
) -> Stage | None:
    """Return the stage of the stream if it stops delivery to this connection.

    models.of_tests is the same condition as a query.
    """
    stage = Stage(stream.stage)
    if stage.delivers or workspace.is_test or Region(connection.region).is_sandbox:
        return None
    return stage


def reason(stage: Stage) -> str:
    """Explain to customers why a stage stops delivery."""
    if stage == Stage.SUSPENDED:
        return _("The stream is suspended.")
    return _("The stream is awaiting approval.")
