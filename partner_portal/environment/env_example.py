"""Generates `.env.example` from the table of settings."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from partner_portal.environment.settings_table import SECTIONS

if TYPE_CHECKING:
    from partner_portal.environment.setting import Setting

HEAD = """\
# Every setting, with its type, bounds, unit and default. Generated from
# partner_portal/environment/settings_table.py by `python -m partner_portal.environment example`.
# Copy this file to .env, or set variables in the environment, which takes precedence.
# Empty means the default. To read a value from a file, set NAME_FILE=/run/secrets/name.
"""


def text() -> str:
    """Return the file's content."""
    parts = [HEAD]
    for title, settings in SECTIONS.items():
        parts.append(f"# --- {title} ---\n" + "".join(map(_setting, settings)))
    return "\n".join(parts)


def _setting(setting: Setting) -> str:
    comment = _comment(setting.about) + _comment(f"Type: {setting.kind.about}.")
    return f"{comment}{setting.name}={setting.default}\n"


def _comment(sentences: str) -> str:
    lines = textwrap.wrap(sentences, 86, break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)
