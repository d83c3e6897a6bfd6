"""`.env.example` describes each setting: meaning, type, bounds, unit and default."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from partner_portal.environment import SETTINGS
from partner_portal.environment.env_example import text
from tests.servers.environment import without_settings
from tests.servers.keeper import ROOT

EXAMPLE = ROOT / ".env.example"
UNITS = {"_HOURS": "hours", "_DAYS": "days", "_S": "seconds", "_BYTES": "bytes"}
SHOW_SETTINGS = """
from partner_portal import settings
for name in sorted(filter(str.isupper, vars(settings))):
    print(name, repr(getattr(settings, name)))
"""


def settings_with(**environ: str) -> str:
    """Return every setting as a process with this environment has it."""
    names = ("SECRET_KEY", "ENCRYPTION_KEYS", "IDENTITY_KEYS")
    secrets = {name: os.environ[name] for name in names}
    return subprocess.run(
        [sys.executable, "-c", SHOW_SETTINGS],
        env=without_settings(os.environ) | secrets | environ,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_file_is_generated_from_the_table():
    assert EXAMPLE.read_text() == text()


def test_its_values_are_the_defaults():
    assert settings_with(ENV_FILE=str(EXAMPLE)) == settings_with(ENV_FILE=os.devnull)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_used(name):
    settings = (ROOT / "partner_portal" / "settings.py").read_text()

    assert len(re.findall(rf'_values\["{name}"\]', settings)) == 1


@pytest.mark.parametrize("name", SETTINGS)
def test_a_number_has_the_unit_of_its_name(name):
    unit = next((UNITS[end] for end in UNITS if name.endswith(end)), "")

    assert unit in SETTINGS[name].kind.about
