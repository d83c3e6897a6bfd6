"""The admin says of a connection what the portal says, and its figures agree with its lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.observability.feed_state.states import FeedState
from streams.observability.work_figures.store import store_figures
from tests import factories

if TYPE_CHECKING:
    from streams.connections.models import Connection

pytestmark = pytest.mark.django_db


def connections() -> dict[FeedState, Connection]:
    """Create a connection in each of some states."""
    made = {
        FeedState.ATTENTION: factories.connection(status="attention"),
        FeedState.PAUSED: factories.connection(status="paused"),
        FeedState.UNVERIFIED: factories.connection(seen_at=None),
        FeedState.UNKNOWN_KEY: factories.connection(known=False),
        FeedState.WORKING: factories.connection(seen_at=factories.NOW),
    }
    for state, connection in made.items():
        cursor = factories.due_cursor(1, connection)
        if state is FeedState.WORKING:
            Cursor.objects.filter(pk=cursor.pk).update(position=1)
    factories.connection(status="attention", deleted_at=factories.NOW)
    return made


def listed(staff, **query):
    page = staff.get(reverse("admin:streams_connection_changelist", query=query))
    return page.context["cl"].result_list


@pytest.mark.parametrize("is_halted", [False, True])
def test_each_status_is_a_filter_that_finds_the_connections_with_its_word(
    staff, is_halted
):
    made = connections()
    if is_halted:
        Halt.objects.create(reason="Drill")
    kept = {FeedState.ATTENTION, FeedState.PAUSED}

    for state, connection in made.items():
        shown = state if state in kept or not is_halted else FeedState.HALTED
        found = listed(staff, state=shown.name.lower())
        page = staff.get(
            reverse("admin:streams_connection_change", args=[connection.pk])
        )

        assert connection in found
        assert f">{shown.word}</span>" in page.text
        assert len(found) == (3 if shown is FeedState.HALTED else 1)
    trouble = 4 if is_halted else 2
    assert len(listed(staff, state="trouble")) == trouble


@pytest.mark.parametrize("name", ["workspace", "feed"])
def test_other_pages_of_the_admin_use_the_same_words(staff, name):
    for state, connection in connections().items():
        feed = connection.feed
        row = feed if name == "feed" else feed.workspace
        kind = "changelist" if name == "feed" else "change"
        args = [] if name == "feed" else [row.pk]
        page = staff.get(reverse(f"admin:streams_{name}_{kind}", args=args))

        assert f">{state.word}</span>" in page.text


def test_the_search_uses_the_same_words(staff):
    for state, connection in connections().items():
        page = staff.get(reverse("admin:search"), {"q": connection.public_id})

        assert f"{connection.feed}, {state.word}" in page.text


@pytest.mark.parametrize("is_halted", [False, True])
def test_each_figure_about_connections_leads_to_as_many_rows(staff, is_halted):
    made = connections()
    if is_halted:
        Halt.objects.create(reason="Drill", stream=made[FeedState.PAUSED].feed.stream)
    store_figures(now())

    work = {s.title: s for s in staff.get(reverse("admin:index")).context["work"]}

    attention = work["Connections that need attention"]
    assert attention.count == 1 == rows_at(staff, attention.url)
    if is_halted:
        [item] = work["Active halts"].items
        assert "1 connection" in item.detail
        page = staff.get(item.url).text
        [link] = re.findall(r'<a href="([^"]*\?halt=\d+&amp;deleted=no)">1 conn', page)
        assert rows_at(staff, link.replace("&amp;", "&")) == 1


def rows_at(staff, url):
    return len(staff.get(url).context["cl"].result_list)


def test_the_list_of_workspaces_has_the_status_and_the_queue_of_each(staff):
    cursor = factories.due_cursor(events=3)
    Halt.objects.create(stream=cursor.stream, reason="Drill")
    factories.workspace(name="Fern")

    page = staff.get(reverse("admin:streams_workspace_changelist"))

    [row] = [line for line in page.text.split("<tr") if "Halted by operator" in line]
    assert "Delivery halted by the operator: Drill." in row
    assert '<td class="field-queued">3</td>' in row
    assert '<td class="field-queued">–</td>' in page.text
