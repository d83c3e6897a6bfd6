"""What the Spec wants at each place of an event's content, ready to be looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.spec.kinds import GOT, KINDS, WANTED
from streams.spec.readings import READINGS

if TYPE_CHECKING:
    from streams.spec.findings import Finding, Rule

LONGEST_TEXT = 512  # characters that a warehouse keeps
LONGEST_PART = 100  # characters of an event's own key that a path repeats


class Fault(NamedTuple):
    """A finding but for its place; `{path}` in its sentences stands for it."""

    rule: Rule
    message: str
    fix: str
    docs: str = ""

    def at(self, path: str) -> Finding:
        message, fix = (
            text.replace("{path}", path) for text in (self.message, self.fix)
        )
        return self.rule.finding(path, message, fix, docs=self.docs)


# What is wrong with a value of the right type; None: nothing.
type Look = Callable[[Any], Fault | None]


class Style(Enum):
    """What is asked of the keys of an object."""

    SNAKE_CASE = "properties"
    ONE_SPELLING = "traits"  # either, and one of them
    ANY = "context"


class Other(NamedTuple):
    """A key that the Spec spells otherwise."""

    rule: Rule
    right: str  # what the Spec has
    reading: str = ""  # by which it is right too
    docs: str = ""

    def fault(self) -> Fault:
        if not self.reading:
            message = f"The Spec calls this {self.right}."
            return Fault(self.rule, message, f"Send it as {self.right}.", self.docs)
        return Fault(
            self.rule,
            f"The Spec calls this {self.right}. {READINGS[self.reading].why}",
            f"Send it as {self.right}, or let the stream's settings accept both.",
            self.docs,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """What the Spec knows of the keys of one object."""

    places: dict[str, Place] = field(default_factory=dict)
    others: dict[str, Other] = field(default_factory=dict)
    style: Style = Style.ANY


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Place:
    """What may stand at one place; null, that is no value, may always."""

    kind: str  # a type of the Spec, or two: `string|object`
    rule: Rule  # that another type breaks
    docs: str = ""
    reading: str = ""  # by which types in `also` may stand there too
    also: frozenset[type] = frozenset()
    look: Look | None = None  # at a value of the right type
    table: Table | None = None  # of what is in the object
    each: Place | None = None  # of what is in the list

    types: frozenset[type] = field(init=False)  # of `kind`

    def __post_init__(self) -> None:
        types = (KINDS[kind] for kind in self.kind.split("|"))
        object.__setattr__(self, "types", frozenset[type]().union(*types))

    def accepts(self, got: type, accepted: frozenset[str]) -> bool:
        return got in self.types or (self.reading in accepted and got in self.also)

    def wrong_type(self, got: type) -> Fault:
        wanted = " or ".join(WANTED[kind] for kind in self.kind.split("|"))
        message, fix = (
            f"{{path}} is {GOT.get(got, 'something else')}, not {wanted}.",
            f"Send {wanted}.",
        )
        if self.reading and got in self.also:
            message += f" {READINGS[self.reading].why}"
            fix = f"Send {wanted}, or let the stream's settings accept both."
        return Fault(self.rule, message, fix, self.docs)
