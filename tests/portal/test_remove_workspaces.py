"""The page that removes the partner's empty workspaces."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.observability import empty_workspaces
from streams.tenancy.models import Workspace
from tests import factories


def url(page, *args, query=""):
    return reverse(f"portal:{page}", args=args) + query


@pytest.fixture
def empties(cast):
    """Two workspaces that a sender named by mistake. Those of the cast have members."""
    return [
        factories.feed(
            cast.stream, factories.workspace(cast.partner, name=name)
        ).workspace
        for name in ("Typo 1", "Typo 2")
    ]


@pytest.fixture
def page_of(cast):
    return lambda query="": url(
        "partner-workspaces-remove", cast.partner.slug, query=query
    )


def form_on(page):
    """Return the hidden fields of the confirmation."""
    form = page.text.split('<form class="card danger"')[1]
    return dict(re.findall(r'name="(form_token|last_id)" value="([^"]+)"', form))


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_the_page_shows_the_number_and_the_names(as_dev, cast, empties, page_of):
    factories.append(
        factories.feed(cast.stream, factories.workspace(cast.partner, name="Used")), 1
    )

    page = as_dev.get(page_of())

    shown = page.text.split("<main")[1]
    assert "Delete 2 empty workspaces" in shown
    assert [name in shown for name in ("Typo 1", "Typo 2", "Used")] == [
        True, True, False,
    ]  # fmt: skip
    assert page_of() in as_dev.get(url("partner", cast.partner.slug)).text


def test_they_are_removed_and_the_activity_log_names_them(
    as_dev, cast, empties, page_of
):
    page = as_dev.get(page_of())

    done = as_dev.post(page_of(), form_on(page), follow=True)

    assert said(done) == ["Deleted 2 empty workspaces."]
    assert not Workspace.objects.filter(name__startswith="Typo").exists()
    overview = url("overview", empties[0].public_id)
    own_page = url("partner-workspace", cast.partner.slug, empties[0].public_id)
    assert [as_dev.get(one).status_code for one in (overview, own_page)] == [404, 404]
    assert "Typo" not in as_dev.get(url("partner", cast.partner.slug)).text
    entries = AuditEntry.objects.filter(action="workspace.removed", actor=cast.dev)
    assert [entry.detail["name"] for entry in entries] == ["Typo 1", "Typo 2"]
    history = as_dev.get(url("partner-activity", cast.partner.slug)).text
    id_ = empties[0].external_id
    assert f"Deleted the empty workspace Typo 1 ({id_})" in history


def test_the_second_submit_removes_nothing_more(as_dev, cast, empties, page_of):
    form = form_on(as_dev.get(page_of()))
    as_dev.post(page_of(), form)

    again = as_dev.post(page_of(), form, follow=True)

    assert "It was processed only once." in said(again)[-1]
    assert AuditEntry.objects.filter(action="workspace.removed").count() == 2


def test_a_workspace_that_was_not_shown_stays(as_dev, cast, empties, page_of):
    form = form_on(as_dev.get(page_of()))
    newer = factories.workspace(cast.partner, name="Typo 3")

    as_dev.post(page_of(), form)

    assert [*Workspace.objects.filter(name__startswith="Typo")] == [newer]


def test_a_workspace_that_received_an_event_in_between_stays(
    as_dev, cast, empties, page_of
):
    form = form_on(as_dev.get(page_of()))
    for one in empties:
        factories.append(one.feeds.get(), 1)

    done = as_dev.post(page_of(), form, follow=True)

    assert said(done) == ["There were no empty workspaces to delete."]
    assert Workspace.objects.filter(name__startswith="Typo").count() == 2


def test_only_search_results_are_removed(as_dev, cast, empties, page_of):
    page = as_dev.get(page_of("?q=Typo 1"))

    as_dev.post(page_of("?q=Typo 1"), form_on(page))

    assert [*Workspace.objects.filter(name__startswith="Typo")] == empties[1:]


def test_of_too_many_some_are_left_and_the_page_says_so(
    as_dev, cast, empties, page_of, monkeypatch
):
    monkeypatch.setattr(empty_workspaces, "CHUNK", 1)
    monkeypatch.setattr(empty_workspaces, "MOST", 1)

    done = as_dev.post(page_of(), form_on(as_dev.get(page_of())), follow=True)

    deleted, left = said(done)
    assert deleted == "Deleted 1 empty workspace."
    assert left.startswith("1 empty workspace is left")
    assert Workspace.objects.filter(name__startswith="Typo").count() == 1


def test_workspaces_and_those_of_other_partners_stay(as_dev, cast, page_of):
    tests = factories.workspace(cast.partner, is_test=True)
    foreign = factories.workspace(cast.rival)

    page = as_dev.get(page_of())
    as_dev.post(page_of(), {"last_id": 10**9})

    assert "No empty workspaces" in page.text
    assert Workspace.objects.filter(pk__in=[tests.pk, foreign.pk]).count() == 2


def test_support_sees_no_button(as_sam, cast, empties, page_of):
    page = as_sam.get(url("partner", cast.partner.slug))

    assert page_of() not in page.text


def test_three_take_as_many_queries_as_one(
    as_dev, cast, empties, page_of, django_assert_num_queries
):
    with django_assert_num_queries(9):
        as_dev.get(page_of("?q=Typo 1"))
    factories.workspace(cast.partner, name="Typo 3")
    with django_assert_num_queries(9):
        as_dev.get(page_of("?q=Typo"))
