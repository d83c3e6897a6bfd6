"""The operator guide matches the code."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.management import load_command_class

from partner_portal.environment import SETTINGS
from streams.base.clock import now
from streams.docs.guides.index import GUIDES
from streams.docs.guides.settings_reference import commands, groups
from streams.ingest.app import IngestApp
from streams.observability.readiness_checks import readiness
from streams.serving import timeouts, wsgi
from streams.serving.wsgi import WsgiApplication
from tests.docs.parsed_page import Seen

TEXT = GUIDES["operators"].text
ROOT = settings.BASE_DIR


@pytest.mark.django_db
def test_every_setting_is_found_by_its_name(client):
    page = Seen(client.get("/docs/guide/operators/").text)

    assert SETTINGS.keys() <= set(page.ids)


def test_the_description_of_a_setting_is_the_comment_above_it():
    example = "# About the file.\n\n# --- One ---\n# For a\n# and b.\nA=\nB=2\n# For c.\nC=`x`\n# --- Two ---\nD=on"

    one, two = groups(example)

    assert (one.title, two.title) == ("One", "Two")
    assert one.rows == [("A", "", "For a and b."), ("B", "2", "For a and b."), ("C", "`x`", "For c.")]  # fmt: skip
    assert two.rows == [("D", "on", "")]


def test_every_command_is_described():
    folder = ROOT / "streams/management/commands"
    names = {file.stem for file in folder.glob("[a-z]*.py")}

    assert set(re.findall(r"`manage.py (\w+)`", commands())) == names
    assert all(load_command_class("streams", name).help for name in names)


def test_every_command_that_the_guide_names_exists():
    named = set(re.findall(r"manage\.py ([a-z_]+)", TEXT))
    of_django = {"migrate", "collectstatic", "check", "createsuperuser"}

    assert {name for name in named - of_django if f"manage.py {name}`" not in commands()} == set()  # fmt: skip


def test_processes_are_started_as_in_the_compose_file():
    compose = (ROOT / "docker/compose.yaml").read_text()
    docker = (ROOT / "docker/Dockerfile").read_text()
    started = re.findall(r"^    command: ((?:gunicorn|celery) .+)$", compose, re.MULTILINE)  # fmt: skip
    (web,) = re.findall(r"^CMD \[(.+)\]$", docker, re.MULTILINE)
    started.append(" ".join(re.findall(r'"(.+?)"', web)))

    assert sorted(re.findall(r"`((?:gunicorn|celery) .+?)`", TEXT)) == sorted(started)


def test_limits_are_those_of_the_servers():
    below = TEXT.split("## Server limits")[1].split("\n## ")[0]
    both = f"at least {timeouts.TAKEN_BYTES // 1024} KB in {timeouts.TAKE_TIMEOUT_S:.0f} seconds"  # fmt: skip

    for limit, of_web, of_ingest in [
        ("Open connections per process", f"{wsgi.MAX_CONNECTIONS:,}", "[INGEST_MAX_CONNECTIONS](#INGEST_MAX_CONNECTIONS)"),
        ("Time until the first byte of a connection arrives", *[f"{timeouts.FIRST_BYTE_TIMEOUT_S:.0f} seconds"] * 2),
        ("Time until the headers arrive", *[f"{timeouts.HEAD_TIMEOUT_S:.0f} seconds"] * 2),
        ("Time until the body arrives", *[f"{one.body_timeout_s:.0f} seconds" for one in (WsgiApplication, IngestApp)]),
        ("Time to respond to a complete request", *[f"{one.response_timeout_s:.0f} seconds, then 503" for one in (WsgiApplication, IngestApp)]),
        ("Speed at which the client reads the response", both, both),
        ("Idle time between two requests on a connection", *[f"{timeouts.IDLE_TIMEOUT_S:.0f} seconds"] * 2),
        ("Requests that wait for a thread", f"{wsgi.MAX_WAITING}, then 503", "–"),
    ]:  # fmt: skip
        assert f"| {limit} | {of_web} | {of_ingest} |" in below
    assert f"| {wsgi.MAX_BODY_BYTES:,} bytes |" in below


@pytest.mark.django_db
def test_every_part_of_readyz_is_described():
    below = TEXT.split("## Monitoring")[1].split("\n## ")[0]

    assert re.findall(r"^\| `(\w+)`", below, re.MULTILINE) == list(readiness(now()))
