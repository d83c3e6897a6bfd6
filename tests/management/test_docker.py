"""What can be said of docker/ without Docker: that what it names is there."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest
import yaml

from partner_portal.environment import SETTINGS
from tests.services.keeper import ROOT

DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def test_what_the_image_copies_is_there():
    copied = re.findall(r"^COPY (\S+)", DOCKERFILE, re.MULTILINE)

    assert "streams" in copied
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_ignore_file_lets_all_of_it_through():
    ignore = (ROOT / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (\S+)", DOCKERFILE, re.MULTILINE)

    assert [path for path in copied if f"!{path}" not in ignore] == []


@pytest.mark.parametrize("name", SERVICES)
def test_service_waits_for_services_that_exist(name):
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)


@pytest.mark.parametrize("name", ["web", "ingest", "worker", "beat", "migrate"])
def test_service_of_ours_is_given_settings_that_exist(name):
    given = set(SERVICES[name]["environment"])

    assert given <= SETTINGS.keys()


def test_modules_that_commands_name_are_there():
    text = DOCKERFILE + "".join(s.get("command", "") for s in SERVICES.values())
    named = set(re.findall(r"partner_portal\.\w+", text))

    assert named == {"partner_portal.web", "partner_portal.ingest"}
    assert all(find_spec(module) for module in named)
