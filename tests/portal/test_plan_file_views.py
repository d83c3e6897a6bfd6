from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.catalog.plans.services import drafted_plan, replace_draft
from tests import factories

FILE = "events:\n- name: Email Opened\n- name: Email Link Clicked\n"


@pytest.fixture
def at(cast):
    """Return a function that makes addresses of pages about the stream's plan."""

    def address(name: str, *args: object) -> str:
        where = (cast.partner.slug, cast.stream.slug, *args)
        return reverse(f"portal:partner-stream-plan-{name}", args=where)

    return address


def upload(client, at, text: str):
    return client.post(at("files"), {"file": SimpleUploadedFile("a", text.encode())})


def test_an_uploaded_file_becomes_the_draft_after_a_preview(as_dev, cast, at):
    factories.published_plan(cast.stream, "Email Opened")
    shown = upload(as_dev, at, FILE)
    assert "1 event added." in shown.text
    assert not cast.stream.plan_versions.draft().exists()

    as_dev.post(at("import"), shown.context["form"].initial)

    assert [event.name for event in drafted_plan(cast.stream).events] == ["Email Opened", "Email Link Clicked"]  # fmt: skip
    assert AuditEntry.objects.last().detail["what"] == "from a file"


def test_a_colleagues_save_in_between_is_shown_before_it_is_replaced(as_dev, cast, at):
    shown = upload(as_dev, at, FILE)
    theirs = factories.published_plan(factories.stream(cast.partner), "Bounced").plan
    replace_draft(stream=cast.stream, plan=theirs, what="", actor=cast.petra)

    told = as_dev.post(at("import"), shown.context["form"].initial)

    assert "Someone else changed the plan." in told.text
    assert "2 events added, 1 event removed." in told.text
    assert drafted_plan(cast.stream) == theirs


def test_an_invalid_file_is_reported_with_its_line(as_dev, cast, at):
    shown = upload(as_dev, at, "events:\n- nam: Email Opened\n")

    assert "<strong>Line 2:</strong> “nam” is not a known key." in shown.text
    assert not cast.stream.plan_versions.exists()


def test_a_download_is_a_file(as_dev, cast, at):
    factories.published_plan(cast.stream, "Email Opened", number=3)
    assert "JSON Schema" in as_dev.get(at("files")).text

    answer = as_dev.get(at("schema", 3))
    name = f'attachment; filename="{cast.stream.slug}-plan-v3.schema.json"'
    assert answer["Content-Disposition"] == name
    assert list(json.loads(answer.text)["$defs"]) == ["track Email Opened"]
    assert as_dev.get(at("yaml", 3)).text.splitlines() == [
        f"# Tracking plan of {cast.stream.slug}, version 3",
        "events:",
        "- call: track",
        "  name: Email Opened",
    ]
