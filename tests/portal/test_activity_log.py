"""The activity logs of a stream and of a partner."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.audit.services import record
from streams.catalog.services import change_stream
from tests import factories


@pytest.fixture
def address(cast):
    names = (cast.partner.slug, cast.stream.slug)
    return reverse("portal:partner-stream-activity", args=names)


def test_the_log_says_who_changed_what_and_hides_operators_names(as_sam, cast, address):
    settings = {
        name: getattr(cast.stream, name)
        for name in (
            "name", "allow_anonymous", "create_workspaces", "retention_days", "check_mode",
        )
    }  # fmt: skip
    change_stream(stream=cast.stream, version="1.0.1", actor=cast.dev, **settings)
    what = {"partner": cast.partner, "stream": cast.stream.slug}
    record("stream.sent_back", actor=cast.olga, comment="Say <who>.", **what)
    record(
        "stream.submitted", actor=cast.rita, partner=cast.rival, stream=cast.stream.slug
    )

    text = as_sam.get(address).text

    for told in (
        "dev@postbox.example", "Version: 1.0.0 → 1.0.1", "Operator", "Say &lt;who&gt;.",
    ):  # fmt: skip
        assert told in text
    assert cast.olga.email not in text
    assert cast.rita.email not in text


def test_older_entries_are_on_the_next_page(as_sam, cast, address):
    for number in range(51):
        record(
            "plan.published",
            actor=None,
            partner=cast.partner,
            stream=cast.stream.slug,
            version=number,
            events=1,
        )

    first = as_sam.get(address)
    second = as_sam.get(f"{address}?before={first.context['next_before']}")

    assert "plan version 50 with" in first.text
    assert "plan version 0 with" not in first.text
    assert [row.what for row in second.context["rows"]] == [
        "Published plan version 0 with 1 event"
    ]


def test_a_partner_sees_what_was_done_in_its_workspaces(as_sam, cast):
    record("connection.paused", actor=cast.anna, workspace=cast.workspace)
    record(
        "connection.paused", actor=None, workspace=factories.workspace(name="Foreign")
    )

    page = as_sam.get(reverse("portal:partner-activity", args=[cast.partner.slug])).text

    assert "Paused the connection" in page
    assert cast.workspace.name in page
    assert "Foreign" not in page
