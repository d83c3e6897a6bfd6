"""The output of `manage.py up`: its own lines, and those of each child with a prefix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from django.utils.termcolors import colorize

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")


class Console:
    """Writes whole lines. It is thread-safe."""

    def __init__(
        self,
        out: OutputWrapper,
        names: Sequence[str],
        *,
        colour: bool,
        on_lost: Callable[[], None],
    ) -> None:
        self._out = out
        self._lock = Lock()
        self._on_lost = on_lost  # called if the output is closed
        width = max(len(name) for name in names)
        self._prefixes = {
            name: self._prefix(name, place, width=width, colour=colour)
            for place, name in enumerate(names)
        }

    @staticmethod
    def _prefix(name: str, place: int, *, width: int, colour: bool) -> str:
        prefix = f"{name:<{width}} |"
        return colorize(prefix, fg=COLOURS[place % len(COLOURS)]) if colour else prefix

    def line(self, name: str, text: str) -> None:
        """Print a line of the child with this name."""
        self.say(f"{self._prefixes[name]} {text}")

    def say(self, text: str) -> None:
        with self._lock:
            try:
                self._out.write(text)
                self._out.flush()
            except (OSError, ValueError):  # a closed terminal, pipe or file
                self._on_lost()
