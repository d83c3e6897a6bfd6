"""`.env.example` tells of every setting: what it means, and what it is by default."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.services.environment import SETTINGS, names_read, without_settings
from tests.services.keeper import ROOT

EXAMPLE = ROOT / ".env.example"
# Where files are and what runs is told to every process, never in the file itself.
NOT_IN_A_FILE = {"ENV_FILE"}
UNITS = {"_HOURS": "hours", "_DAYS": "days", "_S": "seconds", "_BYTES": "bytes"}
SHOW_SETTINGS = """
from partner_portal import settings
for name in sorted(filter(str.isupper, vars(settings))):
    print(name, repr(getattr(settings, name)))
"""


def comments() -> dict[str, str]:
    """The comment above each setting; settings that follow each other share one."""
    found, comment, is_over = {}, "", False
    for line in EXAMPLE.read_text().splitlines():
        if setting := re.match(r"([A-Z][A-Z0-9_]*)=", line):
            found[setting[1]] = comment
            is_over = True
        elif is_over or not line.startswith("# "):
            comment, is_over = line, False
        else:
            comment += line
    return found


def settings_with(**environ: str) -> str:
    """Every setting as a process sees it that has this environment."""
    secrets = {name: os.environ[name] for name in ("SECRET_KEY", "ENCRYPTION_KEYS")}
    return subprocess.run(
        [sys.executable, "-c", SHOW_SETTINGS],
        env=without_settings(os.environ) | secrets | environ,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_it_tells_of_what_the_settings_read_and_nothing_else():
    assert comments().keys() == set(names_read(SETTINGS.read_text())) - NOT_IN_A_FILE


def test_its_values_are_the_defaults():
    assert settings_with(ENV_FILE=str(EXAMPLE)) == settings_with(ENV_FILE=os.devnull)


@pytest.mark.parametrize("name", comments())
def test_it_explains(name):
    unit = next((UNITS[end] for end in UNITS if name.endswith(end)), "")

    assert comments()[name] != ""
    assert unit in comments()[name].lower()
