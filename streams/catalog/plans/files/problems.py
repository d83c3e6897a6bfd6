"""What is wrong with a file that should hold a plan, gathered while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.catalog.plans.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

type Path = tuple[str | int, ...]  # from the document down: `("events", 0, "name")`

MAX_PROBLEMS = 20  # told of one file; who has more corrects these first
MAX_SHOWN = 80  # characters of what the file says, that a problem repeats


class UnreadableFile(ValueError):
    """The file holds no plan; `faults` say what is wrong, and where."""

    def __init__(self, found: list[Fault]) -> None:
        super().__init__("; ".join(map(str, found[:3])))
        self.faults = found[:MAX_PROBLEMS]


class Problems:
    """Reads values and remembers what they should have been; `where` names a place.

    Every method may raise UnreadableFile: nothing more is looked for once there are many.
    """

    def __init__(self, where: Callable[[Path], str]) -> None:
        self.faults: list[Fault] = []
        self._where = where

    def add(self, path: Path, message: str) -> None:
        self.faults.append(Fault(self._where(path), message))
        if len(self.faults) >= MAX_PROBLEMS:
            self.raise_any()

    def raise_any(self) -> None:
        """Raises UnreadableFile if there was a problem."""
        if self.faults:
            raise UnreadableFile(self.faults)

    def mapping(self, path: Path, value: Any, example: str) -> Mapping[str, Any]:
        """The value if it is a mapping, else an empty one."""
        if isinstance(value, dict):
            return value
        self.add(path, f"There should be a mapping here, such as {example}.")
        return {}

    def text(self, path: Path, content: Mapping[str, Any], key: str) -> str:
        """What the key has; empty if it is not there."""
        value = content.get(key, "")
        if isinstance(value, str):
            return value
        self.add(
            (*path, key), f"“{key}” should be a text. Write it in quotation marks."
        )
        return ""

    def flag(self, path: Path, content: Mapping[str, Any], key: str) -> bool:
        value = content.get(key, False)
        if isinstance(value, bool):
            return value
        self.add((*path, key), f"“{key}” should be true or false.")
        return False

    def only(
        self, path: Path, content: Mapping[str, Any], known: Iterable[str]
    ) -> None:
        """Tell every key that is none of those known."""
        for key in content:
            if key not in known:
                self.add(
                    (*path, key),
                    f"“{shown(key)}” is unknown here. Take one of {', '.join(known)}.",
                )


def shown(text: object) -> str:
    """As far as a message repeats it."""
    plain = str(text)
    return plain if len(plain) <= MAX_SHOWN else f"{plain[:MAX_SHOWN]}…"
