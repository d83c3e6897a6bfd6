"""In how many workspaces the faults of a stream occur."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from streams.observability.issues.queries import IssueSpread, spread

if TYPE_CHECKING:
    from streams.observability.issues.faults import Fault
    from streams.observability.issues.models import IssueKind


@dataclass(frozen=True, slots=True)
class Spread:
    """The spread of each kind of issue, by ID; of none on the page of a workspace."""

    _by_kind: Mapping[int, IssueSpread] = field(default_factory=dict)

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> Self:
        """Return the spread of all kinds of these faults of a stream, with two queries."""
        return cls(spread([group.kind for one in faults for group in one.groups]))

    def widest(self, fault: Fault) -> tuple[IssueKind, IssueSpread | None]:
        """Return the kind of a fault that most workspaces have, and its spread.

        A plan that changed reports a fault by another rule from then on.
        """
        kinds = [group.kind for group in fault.groups]
        kind = max(kinds, key=self._feeds)
        return kind, self._by_kind.get(kind.pk)

    def _feeds(self, kind: IssueKind) -> int:
        found = self._by_kind.get(kind.pk)
        return found.feeds if found else 0
