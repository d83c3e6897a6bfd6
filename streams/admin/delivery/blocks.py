"""Stops of delivery to the connections of a list. Halts are read once for all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList

from streams.delivery.limits.send_policy import SendPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from streams.connections.models import Connection
    from streams.delivery.limits.send_policy import SendBlock


def read_blocks(connections: Iterable[Connection]) -> None:
    """Read the stops of these connections, with one query for all of them."""
    policy = SendPolicy.load()
    for one in connections:
        stream, workspace = one.feed.stream, one.feed.workspace
        one.__dict__["block"] = policy.block(one, stream=stream, workspace=workspace)


def block_of(connection: Connection) -> SendBlock | None:
    """Return why nothing is sent to a connection; None: nothing blocks it."""
    if "block" not in connection.__dict__:
        read_blocks([connection])
    block: SendBlock | None = connection.__dict__["block"]
    return block


class ListWithBlocks(ChangeList):
    """A list of connections, or of cursors."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        self.result_list = rows
        read_blocks([getattr(row, "connection", row) for row in rows])
