"""Record every undefined variable that a template of ours shows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

from django.template import engines
from django.template.base import Node

from tests.servers.keeper import ROOT


class Noting(str):
    """Replaces Django's `string_if_invalid`, which is formatted with the variable."""

    __slots__ = ("undefined",)

    def __new__(cls) -> Self:
        made = super().__new__(cls, "undefined")
        made.undefined = set()
        return made

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> str:
        if (place := _place(sys._getframe(1))) is not None:
            self.undefined.add(f"{place}: {variable}")
        return ""


def _place(frame: FrameType | None) -> str | None:
    """Return the template and line of the rendered tag, if the template is ours."""
    while frame is not None:
        node = frame.f_locals.get("self")
        origin = getattr(node, "origin", None)
        if isinstance(node, Node) and origin is not None and node.token is not None:
            name = origin.name
            is_ours = name.startswith(f"{ROOT}/templates/")
            return (
                f"{name.removeprefix(f'{ROOT}/')}:{node.token.lineno}"
                if is_ours
                else None
            )
        frame = frame.f_back
    return None


@contextmanager
def noting_undefined() -> Iterator[set[str]]:
    """Yield a set that fills while templates are rendered."""
    engine = engines["django"].engine
    before, noting = engine.string_if_invalid, Noting()
    engine.string_if_invalid = noting
    try:
        yield noting.undefined
    finally:
        engine.string_if_invalid = before
