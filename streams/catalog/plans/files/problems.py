"""Collect the errors of a plan file while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from streams.catalog.plans.validation import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

type Path = tuple[
    str | int, ...
]  # from the root of the document: `("events", 0, "name")`

MAX_PROBLEMS = 20  # reported per file
MAX_SHOWN = 80  # characters of the file that an error repeats


class InvalidPlanFile(ValueError):
    """The file isn't a valid plan; `errors` are the errors and their places."""

    def __init__(self, found: list[PlanError]) -> None:
        super().__init__("; ".join(map(str, found[:3])))
        self.errors = found[:MAX_PROBLEMS]


class ProblemCollector:
    """Reads values and collects errors; `where` formats a place for people.

    Every method raises InvalidPlanFile once there are MAX_PROBLEMS errors.
    """

    def __init__(self, where: Callable[[Path], str]) -> None:
        self.errors: list[PlanError] = []
        self._where = where

    def add(self, path: Path, message: str) -> None:
        self.errors.append(PlanError(self._where(path), message))
        if len(self.errors) >= MAX_PROBLEMS:
            self.raise_any()

    def raise_any(self) -> None:
        """Raise InvalidPlanFile if there are errors."""
        if self.errors:
            raise InvalidPlanFile(self.errors)

    def mapping(self, path: Path, value: Any, example: str) -> Mapping[str, Any]:
        """Return the value if it is a mapping, else an empty one."""
        if isinstance(value, dict):
            return value
        message = _("Expected a mapping, such as %(example)s.")
        self.add(path, message % {"example": example})
        return {}

    def text(self, path: Path, content: Mapping[str, Any], key: str) -> str:
        """Return the text at the key, or an empty one."""
        value = content.get(key, "")
        if isinstance(value, str):
            return value
        message = _("“%(key)s” must be a string. Put it in quotation marks.")
        self.add((*path, key), message % {"key": key})
        return ""

    def flag(self, path: Path, content: Mapping[str, Any], key: str) -> bool:
        value = content.get(key, False)
        if isinstance(value, bool):
            return value
        message = _("“%(key)s” must be true or false.")
        self.add((*path, key), message % {"key": key})
        return False

    def only(
        self, path: Path, content: Mapping[str, Any], known: Iterable[str]
    ) -> None:
        """Report every key that is not known."""
        for key in content:
            if key not in known:
                message = _("“%(key)s” is not a known key. Use one of: %(keys)s.")
                listed = {"key": shown(key), "keys": ", ".join(known)}
                self.add((*path, key), message % listed)


def shown(text: object) -> str:
    """Truncate a text for a message."""
    plain = str(text)
    return plain if len(plain) <= MAX_SHOWN else f"{plain[:MAX_SHOWN]}…"
