"""The API guide matches the code."""

from __future__ import annotations

import re

from django.conf import settings
from django.urls import get_resolver

from streams.api.replays import LISTED, MAX_BODY_BYTES, ReplayRequest
from streams.delivery.engine.transitions import MAX_REJECTIONS_IN_ROW
from streams.delivery.replay.models import Replay
from streams.delivery.replay.services import COUNTED
from streams.docs.guides.index import FOLDER
from tests.docs.error_tables import CODE, rows, unquoted
from tests.portal.access_table import routes

PAGE = (FOLDER / "api.md").read_text()
API = settings.BASE_DIR / "streams" / "api"


def test_the_guide_explains_every_error_code_and_no_other():
    sources = [file.read_text() for file in API.glob("*.py")]

    codes = {code for source in sources for code in CODE.findall(source)}

    assert {row.code for row in rows(PAGE)} == codes


def test_the_guide_quotes_each_error_with_its_status():
    assert unquoted(API, PAGE, fixes=False) == []


def test_the_guide_lists_every_path_and_no_other():
    paths = {
        "/"
        + route.replace("<replay_id>", "{id}")
        .replace("<export_id>", "{id}")
        .replace("<path:workspace>", "{workspace}")
        for route in routes(get_resolver())
        if route.startswith("api/")
    }

    assert set(re.findall(r"`(?:GET|POST|PUT) (/api/v1/[^`?]+)", PAGE)) == paths


def test_the_guide_explains_every_field_and_no_other():
    table = PAGE.partition("| Field | Meaning |")[2].partition("\n\n")[0]
    first_columns = [line.split("|")[1] for line in table.splitlines()[2:]]

    assert re.findall(r"`(\w+)`", " ".join(first_columns)) == list(
        ReplayRequest.__struct_encode_fields__
    )


def test_states_and_limits_match_the_code():
    for state in Replay.State.values:
        assert f"`{state}`" in PAGE
    assert f"the first {COUNTED:,} events" in PAGE
    assert f"larger than {MAX_BODY_BYTES:,} bytes" in PAGE
    assert f"{LISTED} at a time" in PAGE
    assert f"rejected {MAX_REJECTIONS_IN_ROW} events in a row" in PAGE
