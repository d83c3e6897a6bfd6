from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from streams.catalog.models import Stream
from streams.delivery.models import Halt


@dataclass(frozen=True, slots=True)
class Orders:
    """What an operator wants of a stream's sending."""

    requests_per_second: int
    halted: bool  # nothing is to be sent
    halted_regions: frozenset[str]

    @classmethod
    def read(cls, stream_id: int) -> Self:
        """As they stand in the database now."""
        budgets = Stream.objects.values_list("requests_per_second", flat=True)
        regions = set(
            Halt.objects.of_stream(stream_id).values_list("region", flat=True)
        )
        return cls(budgets.get(pk=stream_id), "" in regions, frozenset(regions))
