from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import textwrap

import pytest
from celery import current_app

from streams.observability.logging_setup import mask

WRITE_KEY = "SandboxTestWriteKey0000000000001"
INGEST_KEY = "ik_SandboxTestIngestKey000000000001"


def logged(code, *, as_format="json"):
    """Return what a separate process with this log format writes to stderr."""
    prelude = f"""
import logging, structlog
from streams.observability.logging_setup import configure
configure({{"level": "INFO", "format": "{as_format}"}})
log = structlog.get_logger("streams.x")
"""
    return subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(code)],
        capture_output=True, text=True, check=True, timeout=30,
    ).stderr  # fmt: skip


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key {WRITE_KEY}.", "key [redacted]."),
        (f"/v1/{WRITE_KEY}/settings", "/v1/[redacted]/settings"),
        (f"key={INGEST_KEY}", "key=[redacted]"),
        ("pt_SandboxTestPartnerToken00000001", "[redacted]"),
        ("Authorization: Basic U2FuZGJveDo=", "Authorization: Basic [redacted]"),
        ("authorization: bearer abc.def-ghi", "authorization: bearer [redacted]"),
        ("redis://:hunter2@cache:6379/0", "redis://[redacted]@cache:6379/0"),
        (repr(f"a\n{WRITE_KEY}\t{INGEST_KEY}"), r"'a\n[redacted]\t[redacted]'"),
        ("postgres://me:hunter2@db/x", "postgres://[redacted]@db/x"),
        # These are no secrets and stay: an ID of Celery, an address, a digest, plain
        # words.
        ("task 5f0c3b1e-8d7f-4a66-9a51-0d3c1a3f4b5c", None),
        ("http://127.0.0.1:8000/healthz", None),
        ("delivery of 2500 events took 80 ms", None),
        ("the basics: a bearer of news", None),
        ("script_abcdefghijk", None),
    ],
)
def test_strings_that_look_like_secrets_are_masked(text, expected):
    assert mask(text) == (text if expected is None else expected)


def test_a_line_is_an_object_with_its_fields():
    [line] = objects(logged('log.info("delivery.finished", connection=3)'))

    del line["timestamp"]
    assert line == {
        "event": "delivery.finished",
        "connection": 3,
        "level": "info",
        "logger": "streams.x",
    }


def test_fields_named_like_secrets_are_masked_whatever_they_contain():
    code = 'log.info("x", write_key="short", nested={"Token": 3}, payload=b"{}")'

    [line] = objects(logged(code))

    assert (line["write_key"], line["nested"], line["payload"]) == (
        "[redacted]", {"Token": "[redacted]"}, "[redacted]",
    )  # fmt: skip


@pytest.mark.parametrize("as_format", ["json", "text"])
@pytest.mark.parametrize(
    "code",
    [
        f'log.info("a {INGEST_KEY}")',
        f'log.info("a", why=["b\\n{WRITE_KEY}"])',
        f'log.info("a", raw=b"{WRITE_KEY}")',
        f'logging.getLogger("celery.worker").error("a %s", "{INGEST_KEY}")',
        f"""
        try:
            raise ValueError("a\\n{WRITE_KEY}")
        except ValueError:
            log.exception("failed")
        """,
        f"""
        try:
            unnamed = "{INGEST_KEY}"
            raise ValueError("a [redacted]")
        except ValueError:
            log.exception("failed")
        """,
    ],
)
def test_a_secret_is_masked_in_every_position(code, as_format):
    text = logged(code, as_format=as_format)

    assert "[redacted]" in text
    assert WRITE_KEY not in text
    assert INGEST_KEY not in text


def test_text_format_is_for_people():
    text = logged('log.info("delivery.finished", connection=3)', as_format="text")

    assert re.fullmatch(
        r"\S+ \[info +\] delivery.finished +\[streams.x\] connection=3\n", text
    )


def test_every_logger_has_one_handler_and_noisy_ones_log_warnings_only():
    text = logged(
        """
        logging.getLogger("django.request").warning("Not Found: /x")
        logging.getLogger("gunicorn.error").info("Booting")
        logging.getLogger("urllib3.connectionpool").info("Starting new connection")
        logging.getLogger("celery.app.trace").info("Task succeeded")
        logging.getLogger("urllib3.connectionpool").warning("Retrying")
        """
    )

    assert [(line["logger"], line["event"]) for line in objects(text)] == [
        ("django.request", "Not Found: /x"),
        ("gunicorn.error", "Booting"),
        ("urllib3.connectionpool", "Retrying"),
    ]


def test_celery_does_not_change_logging():
    before = list(logging.getLogger().handlers)

    current_app.log.setup_logging_subsystem(loglevel="DEBUG")

    assert logging.getLogger().handlers == before
