from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from streams.catalog.models import Stream
from streams.catalog.stage import Stage
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor, of_tests


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """The limits and stops that an operator has set for a stream."""

    requests_per_second: int
    halted: bool  # nothing is sent
    halted_regions: frozenset[str]
    # The cursors that may send before the stream is approved; None: all of them.
    tests: frozenset[int] | None

    @classmethod
    def read(cls, stream_id: int) -> Self:
        """Read the current values from the database."""
        streams = Stream.objects.values_list("requests_per_second", "stage")
        budget, stage = streams.get(pk=stream_id)
        regions = set(
            Halt.objects.of_stream(stream_id).values_list("region", flat=True)
        )
        tests = None
        if not Stage(stage).delivers:
            mine = Cursor.objects.filter(of_tests(), stream=stream_id, ended_at=None)
            tests = frozenset(mine.values_list("pk", flat=True))
        return cls(budget, "" in regions, frozenset(regions), tests)
