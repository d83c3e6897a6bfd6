"""The ingest guide matches the code."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from streams.docs.guides.index import FOLDER
from streams.identity.links import MOST_OF_PERSON, MOST_OF_REQUEST
from streams.ingest.app import IngestApp
from streams.ingest.commit import backpressure
from streams.ingest.credentials import credential_cache
from streams.ingest.http import body, responses
from streams.ingest.inbound import body as inbound_body
from streams.ingest.workspaces import resolution
from streams.serving import http_format, timeouts
from streams.spec import call_structure
from streams.spec.decode import structure
from tests.docs.error_tables import CODE, rows, unquoted

PAGE = (FOLDER / "ingest.md").read_text()
QUICK_START = (FOLDER / "quick-start.md").read_text()
INGEST = settings.BASE_DIR / "streams" / "ingest"
INBOUND = settings.BASE_DIR / "streams" / "identity" / "inbound"
SERVING = settings.BASE_DIR / "streams" / "serving"
OTHERS = ("SPEC", "PLAN")  # documented in another guide


def row(name: str) -> str:
    """Return the second column of a table's row."""
    return re.search(rf"^\| {re.escape(name)} \| (.*) \|$", PAGE, re.MULTILINE)[1]


def test_the_guide_explains_every_error_code_and_no_other():
    sources = [
        f.read_text() for d in (INGEST, INBOUND, SERVING) for f in d.rglob("*.py")
    ]

    codes = {code for source in sources for code in CODE.findall(source)}

    explained = {row.code for row in rows(PAGE)}
    assert explained == {code for code in codes if not code.startswith(OTHERS)}


def test_each_error_is_quoted_with_its_status_and_fix():
    assert [unquoted(folder, PAGE) for folder in (INGEST, INBOUND, SERVING)] == [
        [],
        [],
        [],
    ]


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        (
            "Request size, compressed and decompressed",
            f"{body.MAX_BYTES:,} bytes; {body.MAX_PARTNER_BYTES:,} with an API token",
        ),
        ("Events in a batch", f"{body.MAX_EVENTS:,}"),
        (
            "Event size, as sent and with the fields that the portal adds",
            f"{structure.MAX_EVENT_BYTES:,} bytes",
        ),
        (
            "Size of a request from Segment, compressed and decompressed",
            f"{inbound_body.MAX_BYTES:,} bytes",
        ),
        ("Events in a request from Segment", f"{inbound_body.MAX_EVENTS:,}"),
        (
            "Identifiers of people in an event from Segment; others are not read",
            f"{MOST_OF_PERSON}",
        ),
        (
            "Identifiers of people in a request from Segment; later events are refused",
            f"{MOST_OF_REQUEST:,}",
        ),
        ("Nesting depth of an event", f"{structure.MAX_DEPTH}"),
        ("`messageId`", f"{call_structure.MAX_MESSAGE_ID} characters"),
        ("`workspace`", f"{resolution.MAX_EXTERNAL_ID} characters"),
        ("Time until the body arrives", f"{IngestApp.body_timeout_s:.0f} seconds"),
        (
            "Size of the path, and of the headers",
            f"{http_format.MAX_TARGET_BYTES:,} and {http_format.MAX_HEAD_BYTES:,} bytes; {http_format.MAX_HEADERS} headers",
        ),
        (
            "Idle time between two requests on a connection",
            f"{timeouts.IDLE_TIMEOUT_S:.0f} seconds",
        ),
    ],
)
def test_the_limits_match_the_code(name, bound):
    assert row(name) == bound


@pytest.mark.parametrize(
    "said",
    [
        f"within {credential_cache.FRESH_S:.0f} seconds. A new one works within {credential_cache.ABSENT_S:.0f} second.",
        f"checks every {backpressure.REFRESH_S:.0f} seconds",
        f"`Retry-After` is {backpressure.RETRY_AFTER_S} seconds",
    ],
)
def test_the_times_match_the_code(said):
    assert said in PAGE


def test_the_delay_of_a_mode_change_matches_the_code():
    assert (
        f"A change takes effect within {credential_cache.FRESH_S:.0f} seconds." in PAGE
    )


def test_the_statuses_match_the_code():
    outcomes = [*responses.TAKEN, responses.REJECTED, responses.THROTTLED]

    table = PAGE.partition("| Outcome | Meaning |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| `([a-z]+)` \| ", table, re.MULTILINE) == outcomes


def test_the_number_of_issues_in_a_response_matches_the_code():
    said = re.sub(r"\s+", " ", PAGE)

    assert (
        f"at most {responses.MOST_OF_EVENT} for each event and {responses.MOST_ISSUES} in total"
        in said
    )


def test_the_quick_start_gives_the_limit_of_a_batch():
    assert f"up to {body.MAX_EVENTS:,} events in a request" in QUICK_START
