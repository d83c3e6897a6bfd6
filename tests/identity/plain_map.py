"""An identity map as dictionaries, to compare the stored one with."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.catalog.person_identifiers import ConflictRule
from streams.identity.conflicts import ConflictChanged
from streams.identity.models import Conflict

OPEN, KEPT, REPLACED = Conflict.State


@dataclass
class PlainConflict:
    kept: str
    state: Conflict.State = OPEN
    count: int = 0
    by_person: bool = False


@dataclass
class PlainMap:
    links: dict[str, str] = field(default_factory=dict)  # userIds by identifier
    conflicts: dict[tuple[str, str], PlainConflict] = field(default_factory=dict)

    rule: ConflictRule = ConflictRule.PERSON

    def learn(self, user_id: str, identifiers: list[str]) -> None:
        for name in identifiers:
            kept = self.links.setdefault(name, user_id)
            if kept == user_id:
                continue
            conflict = self.conflicts.setdefault((name, user_id), PlainConflict(kept))
            conflict.count += 1
            if conflict.kept == kept and conflict.by_person:
                continue
            conflict.kept, conflict.by_person = kept, False
            conflict.state = OPEN if self.rule == ConflictRule.PERSON else KEPT
            if self.rule == ConflictRule.NEWEST:
                self._move(name, user_id, conflict, by_person=False)

    def keep(self, name: str, other: str) -> None:
        conflict = self._undecided(name, other)
        conflict.state, conflict.by_person = KEPT, True

    def replace(self, name: str, other: str) -> None:
        self._move(name, other, self._undecided(name, other), by_person=True)

    def _move(
        self, name: str, other: str, conflict: PlainConflict, *, by_person: bool
    ) -> None:
        conflict.state, conflict.by_person = REPLACED, by_person
        old = self.links[name]
        for (named, _other), one in self.conflicts.items():
            if named == name and one.state == OPEN:
                one.kept = other
        mirror = self.conflicts.setdefault((name, old), PlainConflict(other))
        mirror.kept, mirror.state, mirror.by_person = other, KEPT, by_person
        self.links[name] = other

    def forget(self, user_id: str) -> None:
        gone = {name for name, owner in self.links.items() if owner == user_id}
        self.links = {n: u for n, u in self.links.items() if n not in gone}
        self.conflicts = {
            (name, other): one
            for (name, other), one in self.conflicts.items()
            if name not in gone and user_id not in (other, one.kept)
        }

    def open_conflicts(self) -> int:
        return sum(one.state == OPEN for one in self.conflicts.values())

    def _undecided(self, name: str, other: str) -> PlainConflict:
        conflict = self.conflicts.get((name, other))
        if conflict is None or conflict.kept != self.links[name]:
            raise ConflictChanged
        return conflict
