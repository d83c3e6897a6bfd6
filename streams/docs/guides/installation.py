"""What the guide for operators says of settings and commands: from where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import get_commands, load_command_class

from streams.base.writing import code, literal, table

if TYPE_CHECKING:
    from pathlib import Path

APP = "streams"

_TITLE = re.compile(r"# --- (.+) ---")
_SETTING = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(slots=True)
class Group:
    """Settings that belong together."""

    title: str
    rows: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # name, default, about


def settings_tables() -> str:
    """A table for each part of `.env.example`, below a heading of its own."""
    return "\n\n".join(
        f"### {literal(group.title)}\n\n{_table(group)}" for group in groups(_example())
    )


def commands() -> str:
    """What `manage.py` knows beside Django's own commands."""
    names = sorted(name for name, app in get_commands().items() if app == APP)
    rows = [
        [code(f"manage.py {name}"), literal(load_command_class(APP, name).help)]
        for name in names
    ]
    return table(["command", "what it does"], rows)


def groups(text: str) -> Iterator[Group]:
    """The parts of a file like `.env.example`.

    The comment above a setting is about it, and about those that follow at once.
    """
    group: Group | None = None
    about: list[str] = []
    is_over = False
    for line in text.splitlines():
        if title := _TITLE.fullmatch(line):
            if group is not None:
                yield group
            group, about = Group(title[1]), []
        elif setting := _SETTING.fullmatch(line):
            if group is not None:
                group.rows.append((setting[1], setting[2], " ".join(about)))
            is_over = True
        elif line.startswith("# "):
            about = [line[2:]] if is_over else [*about, line[2:]]
            is_over = False
        else:
            is_over = True
    if group is not None:
        yield group


def _example() -> str:
    path: Path = settings.BASE_DIR / ".env.example"
    return path.read_text()


def _table(group: Group) -> str:
    rows = [[code(name), code(default), _words(about)] for name, default, about in group.rows]  # fmt: skip
    return table(["setting", "default", "what it is"], rows)


def _words(about: str) -> str:
    """With what stands between backticks as code."""
    parts = _CODE.split(about)
    return "".join(
        code(part) if at % 2 else _kept(part, literal(part))
        for at, part in enumerate(parts)
    )


def _kept(part: str, written: str) -> str:
    """`literal` takes away the space at either end, by which code stands apart."""
    before = " " if part.startswith(" ") else ""
    after = " " if part.endswith(" ") and written else ""
    return f"{before}{written}{after}"
