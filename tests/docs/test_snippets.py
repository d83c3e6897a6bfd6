"""Every snippet of the quick start, copied and run, sends an event."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from streams.catalog.plans.authoring.templates import template
from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import to_json
from streams.events.models import Event
from tests import factories
from tests.docs.parsed_page import Seen

pytestmark = [pytest.mark.processes]

# How a reader runs each language. Others are not run: `json` is a response, and
# `typescript` needs a package from npm.
RUN = {
    "bash": ["bash", "-euo", "pipefail"],
    "python": [sys.executable],
    "javascript": ["node"],
}
FILES = {"bash": "send.sh", "python": "send.py", "javascript": "send.mjs"}
VARIABLES = "export "  # the test sets them for the reader


@pytest.fixture
def quick_start(portal, settings, client):
    settings.INGEST_URL = portal.ingest()
    return Seen(client.get("/docs/guide/quick-start/").text).snippets


def run(snippet, folder, environ: dict[str, str]) -> str:
    """Run a snippet and return its output. Fails if it exits with an error."""
    file = folder / FILES[snippet.language]
    file.write_text(snippet.text)
    done = subprocess.run(
        [*RUN[snippet.language], file],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    return done.stdout


def shape(answer: dict) -> dict:
    """Return a response without the values that differ each time."""
    for result in answer["results"]:
        result["messageId"] = result["seq"] = ...
    return answer


def test_each_snippet_of_the_quick_start_sends_one_event(
    quick_start, settings, tmp_path
):
    if shutil.which("node") is None:
        pytest.skip("no node on this machine")
    stream = factories.stream(check_mode="warn")  # a warning would be in the response
    plan = to_json(template("email").plan)
    PlanVersion.objects.create(
        stream=stream, number=1, content=plan, published_at=factories.NOW
    )
    _, token = factories.token(stream)
    feed = factories.feed(stream)
    environ = {
        "PATH": os.environ["PATH"],
        "PORTAL_INGEST_URL": settings.INGEST_URL,
        "PORTAL_TOKEN": token.text,
        "INGEST_KEY": factories.ingest_key(feed).text,
    }
    runnable = [
        snippet
        for snippet in quick_start
        if snippet.language in RUN and not snippet.text.startswith(VARIABLES)
    ]

    printed = [run(snippet, tmp_path, environ) for snippet in runnable]

    assert [s.language for s in runnable] == [
        "bash", "python", "javascript", "python", "bash",
    ]  # fmt: skip
    by_token = Event.objects.filter(feed__workspace__external_id="customer-17")
    by_key = Event.objects.filter(feed=feed)
    assert (by_token.count(), by_key.count()) == (3, 2)
    assert {event.name for event in Event.objects.all()} == {"Email Opened"}
    # The responses on the page are the real ones.
    (shown,) = [s.text for s in quick_start if s.language == "json"]
    assert shape(json.loads(printed[0])) == shape(json.loads(shown))


def test_the_page_names_the_address_for_events(quick_start, settings):
    (first, *_) = quick_start

    assert f'export PORTAL_INGEST_URL="{settings.INGEST_URL}"' in first.text
