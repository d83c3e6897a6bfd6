"""Checks of docker/ without Docker: everything that its files name exists."""

from __future__ import annotations

import os
import re
import subprocess
from importlib.util import find_spec

import pytest
import yaml

from partner_portal.environment import SETTINGS
from tests.servers.keeper import ROOT

DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def test_files_that_the_image_copies_exist():
    copied = re.findall(r"^COPY (\S+)", DOCKERFILE, re.MULTILINE)

    assert "streams" in copied
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_the_ignore_file_includes_all_of_them():
    ignore = (ROOT / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (\S+)", DOCKERFILE, re.MULTILINE)

    assert [path for path in copied if f"!{path}" not in ignore] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_services_that_exist(name):
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)


@pytest.mark.parametrize("name", ["web", "ingest", "worker", "beat", "migrate"])
def test_a_service_has_settings_that_exist(name):
    given = {key.removesuffix("_FILE") for key in SERVICES[name]["environment"]}

    assert given <= SETTINGS.keys()


def test_modules_that_commands_name_exist():
    text = DOCKERFILE + "".join(str(s.get("command", "")) for s in SERVICES.values())
    named = set(re.findall(r"partner_portal\.\w+", text))

    assert named == {"partner_portal.web", "partner_portal.ingest"}
    assert all(find_spec(module) for module in named)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_unneeded_privileges(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit"} <= set(service)


@pytest.mark.parametrize("name", ["proxy", "web", "ingest", "database", "broker"])
def test_every_server_has_a_health_check_or_waits_for_those_it_serves(name):
    service = SERVICES[name]

    assert "healthcheck" in service or name == "proxy"
    if name == "proxy":
        conditions = {one["condition"] for one in service["depends_on"].values()}
        assert conditions == {"service_healthy"}


def test_only_services_that_need_the_database_password_have_it():
    holders = {name for name, s in SERVICES.items() if "database_url" in s.get("secrets", [])}  # fmt: skip

    assert holders == {"web", "ingest", "worker", "beat", "migrate", "backup"}
    assert SERVICES["database"]["secrets"] == ["postgres_password"]
    assert "POSTGRES_PASSWORD:" not in (ROOT / "docker" / "compose.yaml").read_text()


def test_a_copy_of_the_example_hides_no_setting_of_the_image():
    """An empty line of env_file would clear it; `environment` takes precedence."""
    of_image = set(re.findall(r"(VAR_DIR|STATIC_ROOT)=", DOCKERFILE))

    assert of_image == {"VAR_DIR", "STATIC_ROOT"}
    for name in ("web", "ingest", "worker", "beat", "migrate"):
        assert of_image <= set(SERVICES[name]["environment"])
        assert SERVICES[name]["env_file"] == [{"path": ".env", "format": "raw"}]


@pytest.mark.parametrize("path", ["docker/.env", "docker/secrets/database_url", "docker/tls/portal.key", ".env"])  # fmt: skip
def test_git_and_the_image_ignore_secrets(path):
    ignored = subprocess.run(["git", "check-ignore", "--quiet", path], cwd=ROOT)

    assert ignored.returncode == 0


@pytest.mark.parametrize("unit", sorted((ROOT / "docker/systemd").iterdir()), ids=lambda f: f.name)  # fmt: skip
def test_systemd_accepts_each_unit(unit, tmp_path):
    for file in unit.parent.iterdir():  # systemd looks for programs
        text = re.sub(r"/srv/partner-portal/current/\.venv/bin/\w+", "/bin/true", file.read_text())  # fmt: skip
        (tmp_path / file.name).write_text(text)

    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / unit.name],
        env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
    )

    assert (checked.returncode, checked.stderr) == (0, "")


def test_units_start_the_processes_of_the_guide():
    units = {f.stem: f.read_text() for f in (ROOT / "docker/systemd").glob("*.service")}

    for name in ("web", "ingest", "worker", "beat"):
        started = re.search("^ExecStart=.*/(.+)$", units[f"partner-portal-{name}"], re.MULTILINE)[1]  # fmt: skip
        command = SERVICES[name].get("command") or " ".join(re.findall(r'"(.+?)"', DOCKERFILE.split("CMD")[1]))  # fmt: skip
        assert set(command.split()) - {"--bind=0.0.0.0:8000"} == set(started.split())
