"""Tables of settings and commands for the operator guide, generated from their sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import get_commands, load_command_class

from streams.base.text.markdown_writer import code, literal, table

if TYPE_CHECKING:
    from pathlib import Path

APP = "streams"

_TITLE = re.compile(r"# --- (.+) ---")
_SETTING = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(slots=True)
class SettingsSection:
    """A section of `.env.example`."""

    title: str
    rows: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # name, default, description


def settings_tables() -> str:
    """Return a heading and a table for each section of `.env.example`."""
    return "\n\n".join(
        f"### {literal(group.title)}\n\n{_table(group)}" for group in groups(_example())
    )


def commands() -> str:
    """Return a table of the portal's own `manage.py` commands."""
    names = sorted(name for name, app in get_commands().items() if app == APP)
    rows = [
        [code(f"manage.py {name}"), literal(load_command_class(APP, name).help)]
        for name in names
    ]
    return table(["Command", "Description"], rows)


def groups(text: str) -> Iterator[SettingsSection]:
    """Yield the sections of a file like `.env.example`.

    A comment describes the setting below it, and all settings that follow without a
    comment of their own.
    """
    group: SettingsSection | None = None
    about: list[str] = []
    is_over = False
    for line in text.splitlines():
        if title := _TITLE.fullmatch(line):
            if group is not None:
                yield group
            group, about = SettingsSection(title[1]), []
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


def _table(group: SettingsSection) -> str:
    rows = [[code(name), code(default), _words(about)] for name, default, about in group.rows]  # fmt: skip
    return table(["Setting", "Default", "Description"], rows)


def _words(about: str) -> str:
    """Convert a comment to Markdown, with text between backticks as code."""
    parts = _CODE.split(about)
    return "".join(
        code(part) if at % 2 else _with_spaces(part, literal(part))
        for at, part in enumerate(parts)
    )


def _with_spaces(part: str, text: str) -> str:
    """Restore the spaces around code, which `literal` strips."""
    before = " " if part.startswith(" ") else ""
    after = " " if part.endswith(" ") and text else ""
    return f"{before}{text}{after}"
