"""The filter bar that all lists share, with the list of events as the example."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.urls import reverse

from streams.portal.workspace.forms import EventFilterForm
from tests import factories

TRICKY = "</script>\"'&\\ 😀 שלום"


def form(query: str, **suggestions) -> EventFilterForm:
    return EventFilterForm(QueryDict(query), suggestions=suggestions)


def test_each_active_filter_has_a_chip_with_a_link_that_removes_it():
    chips = form("outcome=rejected&user_id=ada&stream=mail&before=7").chips

    assert [(chip.label, chip.value, chip.without) for chip in chips] == [
        ("Status", "Rejected by Segment", "?stream=mail&user_id=ada"),
        ("userId", "ada", "?stream=mail&outcome=rejected"),
    ]


def test_an_invalid_value_has_a_chip_too():
    [chip] = form("type=nonsense").chips

    assert (chip.value, chip.without, chip.is_valid) == ("nonsense", "?", False)


def test_clearing_keeps_the_stream_and_goes_to_the_first_page():
    assert form("outcome=rejected&last=1h&stream=mail&before=7").cleared == (
        "?stream=mail"
    )


def test_a_preset_replaces_a_range_and_is_removed_by_a_second_click():
    links = {
        p.label: (p.link, p.is_current) for p in form("last=1h&name=Email").presets
    }
    other = {p.label: p.link for p in form("since=2026-03-02T10:00").presets}

    assert links == {
        "1 h": ("?name=Email", True),
        "24 h": ("?last=24h&name=Email", False),
        "7 d": ("?last=7d&name=Email", False),
    }
    assert other["24 h"] == "?last=24h"


def test_known_values_are_suggested_once_and_no_more_than_fit():
    made = form("", name=["b", "A", "b", ""], user_id=[str(n) for n in range(200)])

    assert made.suggestions[0].values == ["A", "b"]
    assert len(made.suggestions[1].values) == 50
    assert 'list="id_name_known"' in str(made["name"])


def test_a_field_without_known_values_has_no_list():
    assert "list=" not in str(form("", name=[])["name"])


@pytest.mark.django_db
def test_any_value_comes_back_as_text(as_alice, cast):
    url = reverse("portal:events", args=[cast.workspace.public_id])

    page = as_alice.get(url, {"user_id": TRICKY, "since": "2026-03-02T10:00+00:00"})

    assert page.context["form"]["user_id"].value() == TRICKY
    assert '</script>"' not in page.text
    assert 'value="2026-03-02T10:00:00"' in page.text  # as the picker takes it
    assert factories.NOW.strftime("%H:%M") in page.text
