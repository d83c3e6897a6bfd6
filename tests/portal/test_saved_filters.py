from __future__ import annotations

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.tenancy.saved_filters import services
from streams.tenancy.saved_filters.models import SavedFilter
from tests import factories

QUERY = "outcome=rejected&user_id=%F0%9F%98%80%26x"


def url(workspace, page: str = "events", *args: object) -> str:
    return reverse(f"portal:{page}", args=[workspace.public_id, *args])


def save(client, cast, name: str = "Mine", query: str = QUERY, **more: str):
    body = {"page": "events", "name": name, "query": query, **more}
    return client.post(url(cast.workspace, "saved-filter-save"), body, follow=True)


def links(client, cast, query: str = ""):
    page = client.get(url(cast.workspace) + query)
    return [(one.name, one.link, one.is_current) for one in page.context["saved"].links]


def test_a_filter_is_saved_under_a_name_and_opened_again(as_alice, cast):
    page = save(as_alice, cast)

    assert page.redirect_chain == [(f"{url(cast.workspace)}?{QUERY}", 302)]
    assert "Saved the filter as “Mine”." in page.text
    assert links(as_alice, cast) == [("Mine", f"?{QUERY}", False)]
    assert links(as_alice, cast, f"?before=7&{QUERY}") == [("Mine", f"?{QUERY}", True)]


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("attempts", "outcome=retry&status=5xx"),
        ("issues", "rule=NAME-001"),
        ("quarantine", "user_id=u1"),
    ],
)
def test_each_list_of_a_workspace_has_its_own_filters(as_alice, cast, page, query):
    factories.connection(cast.feed)
    factories.quarantined(cast.feed)
    factories.found(cast.feed, at=now())
    save(as_alice, cast)

    saved = save(as_alice, cast, query=query, page=page)

    own = url(cast.workspace, page)
    assert saved.redirect_chain == [(f"{own}?{query}", 302)]
    (link,) = saved.context["saved"].links
    assert (link.name, link.link, link.is_current) == ("Mine", f"?{query}", True)
    assert f'href="?{query.replace("&", "&amp;")}"' in saved.text
    other = as_alice.get(f"{own}").context["saved"].links
    assert [one.is_current for one in other] == [False]


def test_the_same_name_replaces_a_filter(as_alice, cast):
    save(as_alice, cast)
    save(as_alice, cast, query="type=page")

    assert links(as_alice, cast) == [("Mine", "?type=page", False)]


def test_a_saved_filter_is_deleted(as_alice, cast):
    save(as_alice, cast)
    pk = SavedFilter.objects.get().pk

    as_alice.post(url(cast.workspace, "saved-filter-delete", pk), {"page": "events"})

    assert links(as_alice, cast) == []


def test_no_one_else_sees_or_deletes_it(as_alice, cast, client):
    save(as_alice, cast)
    saved = SavedFilter.objects.get()
    client.force_login(cast.anna)

    answer = client.post(url(cast.workspace, "saved-filter-delete", saved.pk))

    assert answer.status_code == 302
    assert links(client, cast) == []
    assert SavedFilter.objects.get() == saved


def test_the_number_of_saved_filters_is_bounded(as_alice, cast, monkeypatch):
    monkeypatch.setattr(services, "MOST", 1)
    save(as_alice, cast, "First")

    page = save(as_alice, cast, "Second")

    assert "Delete one first." in page.text
    assert [name for name, *_ in links(as_alice, cast)] == ["First"]


@pytest.mark.parametrize(
    "more", [{"name": ""}, {"name": "x" * 61}, {"page": "tokens"}, {"query": ""}]
)
def test_an_invalid_filter_is_not_saved(as_alice, cast, more):
    page = save(as_alice, cast, **more)

    assert page.status_code == 200
    assert not SavedFilter.objects.exists()


def test_a_removed_workspace_takes_its_saved_filters_along(cast):
    workspace = factories.workspace(cast.partner)
    services.save_filter(
        user=cast.alice, workspace=workspace, page="events", name="A", query="type=page"
    )

    workspace.delete()

    assert not SavedFilter.objects.exists()
