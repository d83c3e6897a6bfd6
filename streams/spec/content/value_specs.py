"""The Spec's requirements for each value in an event's content, as look-up tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.spec.spec_exceptions import READINGS
from streams.spec.types import GOT, KINDS, WANTED

if TYPE_CHECKING:
    from streams.spec.issues import Issue, Rule

LONGEST_TEXT = 512  # characters that warehouses store
LONGEST_PART = 100  # characters of an event's key that are repeated in a path


class UnplacedIssue(NamedTuple):
    """An issue without its path, for which `{path}` stands in the texts."""

    rule: Rule
    message: str
    fix: str
    docs: str = ""

    def at(self, path: str) -> Issue:
        message, fix = (
            text.replace("{path}", path) for text in (self.message, self.fix)
        )
        return self.rule.issue(path, message, fix, docs=self.docs)


# Checks a value of the right type. Returns None if it is valid.
type ValueCheck = Callable[[Any], UnplacedIssue | None]


class KeyStyle(Enum):
    """The required spelling of an object's keys."""

    SNAKE_CASE = "properties"
    ONE_SPELLING = "traits"  # snake_case or camelCase, not both
    ANY = "context"


class Misspelling(NamedTuple):
    """A key that the Spec spells differently."""

    rule: Rule
    right: str  # the Spec's key
    reading: str = ""  # the exception that allows this key
    docs: str = ""

    def issue(self) -> UnplacedIssue:
        if not self.reading:
            message = f"The Spec's name for this is {self.right}."
            return UnplacedIssue(
                self.rule, message, f"Send it as {self.right}.", self.docs
            )
        return UnplacedIssue(
            self.rule,
            f"The Spec's name for this is {self.right}. {READINGS[self.reading].why}",
            f"Send it as {self.right}, or allow both in the stream's settings.",
            self.docs,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class KeyTable:
    """The Spec's requirements for the keys of an object."""

    value_specs: dict[str, ValueSpec] = field(default_factory=dict)
    misspellings: dict[str, Misspelling] = field(default_factory=dict)
    style: KeyStyle = KeyStyle.ANY


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ValueSpec:
    """The Spec's requirements for one value. Null is always allowed."""

    kind: str  # a Spec type, or two: `string|object`
    rule: Rule  # violated by other types
    docs: str = ""
    reading: str = ""  # the exception that also allows the types in `also`
    also: frozenset[type] = frozenset()
    check: ValueCheck | None = None  # checks a value of the right type
    table: KeyTable | None = None  # of the object's content
    each: ValueSpec | None = None  # of the list's items

    types: frozenset[type] = field(init=False)  # the Python types of `kind`

    def __post_init__(self) -> None:
        types = (KINDS[kind] for kind in self.kind.split("|"))
        object.__setattr__(self, "types", frozenset[type]().union(*types))

    def accepts(self, got: type, accepted: frozenset[str]) -> bool:
        return got in self.types or (self.reading in accepted and got in self.also)

    def wrong_type(self, got: type) -> UnplacedIssue:
        wanted = " or ".join(WANTED[kind] for kind in self.kind.split("|"))
        message, fix = (
            f"{{path}} must be {wanted}, but is {GOT.get(got, 'something else')}.",
            f"Send {wanted}.",
        )
        if self.reading and got in self.also:
            message += f" {READINGS[self.reading].why}"
            fix = f"Send {wanted}, or allow both in the stream's settings."
        return UnplacedIssue(self.rule, message, fix, self.docs)
