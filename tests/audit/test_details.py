"""Details of entries are shown in words, whatever the code records."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from inspect import signature
from pathlib import Path

import pytest

import streams
from streams.alerts.webhooks.models import WebhookEndpoint
from streams.audit.details import all_details, reason
from streams.audit.words import LABELS, VALUES
from streams.catalog.pages.services import change_profile
from streams.catalog.person_identifiers import PersonIdentifier, Unresolved
from streams.catalog.setting_conflicts import StreamSettings
from streams.catalog.stage import Stage
from streams.exports.models import Export
from streams.sign_in.sso.services import SsoSettings
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    Workspace,
    WorkspaceMembership,
)
from streams.tenancy.users import UserChanges

ROOT = Path(streams.__file__).parent
# Functions that write an entry, or pass details on to one that does.
RECORDERS = {"record", "record_each", "record_action", "_record", "_note"}
NOT_DETAILS = {"actor", "partner", "workspace", "at", "now", "user"}


def recorded(source: str) -> Iterator[str]:
    """Yield the names of the details that code writes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and name_of(node.func) in RECORDERS:
            yield from (one.arg for one in node.keywords if one.arg)


def name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def test_every_detail_that_the_code_records_has_a_label():
    files = [file for file in ROOT.rglob("*.py") if "migrations" not in file.parts]

    found = {name for file in files for name in recorded(file.read_text())}

    assert len(found) > 40
    assert sorted(found - LABELS.keys() - NOT_DETAILS) == []


def test_every_field_whose_old_and_new_value_is_recorded_has_a_label():
    of_forms = {*UserChanges.__annotations__, *StreamSettings.__annotations__}
    of_rows = {"permissions", "slug", "weight", "is_test"}
    own = set(signature(change_profile).parameters) - {"stream", "actor"}

    assert len(own) > 4
    assert {field.name for field in Workspace._meta.fields} >= {"weight", "is_test"}
    assert {field.name for field in Partner._meta.fields} >= {"slug"}
    names = of_forms | of_rows | own | {field.name for field in fields(SsoSettings)}
    assert sorted(names - LABELS.keys()) == []


@pytest.mark.parametrize("name", sorted(LABELS))
def test_no_detail_is_shown_raw(name):
    [text] = all_details("connection.paused", {name: True}) or [""]
    listed = reason("user.changed", {"changed": f"{name}: True → False"})

    assert "True" not in text + listed
    assert "_" not in text + listed
    assert not text.startswith(f"{name}:")
    assert listed == f"{LABELS[name]}: Yes → No"


@pytest.mark.parametrize(
    ("action", "detail", "shown"),
    [
        ("user.signed_in", {"new_browser": True, "address": "x"}, ["New browser: Yes"]),
        (
            "stream.went_live",
            {"reason": "Seen it", "qa_complete": False, "stream": "s"},
            ["Seen it", "QA complete: No"],
        ),
        ("stream.suspended", {"stage": "in_qa", "reason": "R"}, ["R", "Stage: QA"]),
        (
            "stream.changed",
            {"changed": "check_mode: off → warn", "check_mode": "warn", "name": "P"},
            ["Validation mode: off → warn"],
        ),
        (
            "user.changed",
            {"row": "ada@x.example", "fields": "is_staff", "changed": ""},
            [],
        ),
        ("replay.started", {"events": "1-4", "token": ""}, []),
    ],
)
def test_details_leave_out_what_the_sentence_says(action, detail, shown):
    assert all_details(action, detail) == shown


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("stage", [*Stage]),
        ("format", [*Export.Format]),
        ("kind", [*WebhookEndpoint.Kind]),
        ("identify_by", [*PersonIdentifier]),
        ("unresolved", [*Unresolved]),
        ("role", [*PartnerMembership.Role, *WorkspaceMembership.Role]),
    ],
)
def test_values_have_the_same_names_as_elsewhere(name, choices):
    assert {key: str(word) for key, word in VALUES[name].items()} == {
        one.value: str(one.label) for one in choices
    }


@pytest.mark.parametrize("name", sorted(VALUES))
def test_changes_have_the_words_of_their_values(name):
    codes = list(VALUES[name])
    listed = f"name: A, B → B, {name}: – → {codes[0]}, {name}: {codes[0]} → {codes[-1]}"

    first, last = (VALUES[name][code] for code in (codes[0], codes[-1]))
    assert reason("stream.changed", {"changed": listed}) == (
        f"Name: A, B → B, {LABELS[name]}: – → {first}, {LABELS[name]}: {first} → {last}"
    )


def test_customers_dont_read_why_an_operator_views_their_portal():
    detail = {"member": "ada@fern.example", "reason": "Ticket 7"}

    assert reason("impersonation.started", detail) == ""
    assert all_details("impersonation.started", detail) == ["Ticket 7"]
