"""The search box finds what its user may see, and its shortcuts are declared."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from streams.base.clock import now
from streams.events.models import QuarantinedEvent, SeenMessage
from streams.portal.palette.results import MAX_QUERY, MOST_WITH_TABS
from streams.portal.shared.shortcuts import SHORTCUTS
from tests import factories

HTMX = {"HX-Request": "true"}


def found(client, query: str, scope: str = "") -> dict[str, list[str]]:
    """Return the labels of what a search finds, by kind."""
    page = client.get("/search/", {"q": query, "in": scope}, headers=HTMX)
    return {
        str(group.title): [result.label for result in group.results]
        for group in page.context["groups"]
    }


def append_now(feed, **changes) -> int:
    [number] = factories.append(feed, now=now() - timedelta(minutes=2), **changes)
    return number


def test_pages_are_found_by_the_start_of_each_word(as_petra, cast):
    scope = f"p:{cast.partner.slug}"

    assert found(as_petra, "new st", scope)["Pages"] == ["New stream"]
    assert found(as_petra, "tok", scope)["Pages"] == ["API tokens"]


def test_the_pages_of_a_stream_are_found_by_their_names_and_its_name(as_dev, cast):
    query = {"q": f"iss {cast.stream.name}", "in": f"p:{cast.partner.slug}"}

    page = as_dev.get("/search/", query, headers=HTMX)

    groups = {str(group.title): group.results for group in page.context["groups"]}
    [issues] = groups["Pages of streams"]
    assert (issues.label, issues.detail) == ("Issues", cast.stream.name)
    assert as_dev.get(issues.href).status_code == 200


def test_the_pages_that_are_found_are_the_tabs_of_a_stream(as_dev, cast):
    scope = f"p:{cast.partner.slug}"
    overview = reverse(
        "portal:partner-stream-overview", args=[cast.partner.slug, cast.stream.slug]
    )
    tabs = re.search(
        r'<ul class="tabs">(.*?)</ul>', as_dev.get(overview).text, re.DOTALL
    )[1]

    assert found(as_dev, cast.stream.name, scope)["Pages of streams"] == re.findall(
        r">([^<>\n]+)</a>", tabs
    )


def test_the_pages_of_many_streams_are_not_listed(as_dev, cast):
    for _ in range(MOST_WITH_TABS):
        factories.stream(cast.partner)

    assert "Pages of streams" not in found(as_dev, "iss", f"p:{cast.partner.slug}")


def test_the_alerts_of_a_workspace_are_found(as_bob, cast):
    assert found(as_bob, "alert", f"w:{cast.workspace.public_id}")["Pages"] == [
        "Alerts"
    ]


def test_an_event_is_found_by_its_message_id_and_by_its_number(as_bob, cast):
    number = append_now(cast.feed, messageId="m-4711", event="Email Bounced")
    scope = f"w:{cast.workspace.public_id}"
    path = f"/w/{cast.workspace.public_id}/events/{number}/"

    by_id = as_bob.get("/search/", {"q": "m-4711", "in": scope}, headers=HTMX)
    by_number = as_bob.get("/search/", {"q": str(number), "in": scope}, headers=HTMX)

    assert by_id.text.count(f'href="{path}') == 1
    assert f'href="{path}' in by_number.text


def test_a_partner_finds_an_event_of_any_customer(as_sam, cast):
    feed = factories.feed(cast.stream, cast.elsewhere)
    append_now(feed, messageId="m-4711", event="Email Bounced")
    append_now(cast.feed, messageId="other")

    assert found(as_sam, "m-4711", f"p:{cast.partner.slug}")["Events"] == [
        "Email Bounced"
    ]


def test_an_email_leads_to_the_events_of_that_person(as_bob, cast):
    scope = f"w:{cast.workspace.public_id}"
    query = {"q": "mara+a@example.com", "in": scope}

    page = as_bob.get("/search/", query, headers=HTMX)

    [group] = page.context["groups"]
    links = [result.href.partition("?")[2] for result in group.results]
    assert links == ["email=mara%2Ba%40example.com", "user_id=mara%2Ba%40example.com"]


def test_the_events_of_a_user_id_come_before_docs_but_not_before_pages(as_bob, cast):
    scope = f"w:{cast.workspace.public_id}"

    results = found(as_bob, "user-1", scope)

    assert results["Find events"] == ["Find events of user-1"]
    assert next(iter(results)) == "Find events"
    assert next(iter(found(as_bob, "SPEC-ID-001", scope))) == "Docs"
    assert next(iter(found(as_bob, "write key", scope))) == "Docs"
    assert next(iter(found(as_bob, "events", scope))) == "Pages"


def test_a_partner_finds_the_events_of_a_user_id(as_sam, cast):
    query = {"q": "user-1", "in": f"p:{cast.partner.slug}"}

    page = as_sam.get("/search/", query, headers=HTMX)

    assert f'href="/p/{cast.partner.slug}/events/?user_id=user-1"' in page.text


def test_an_event_in_quarantine_leads_to_its_own_page(as_bob, cast):
    factories.quarantined(cast.feed, 2, now=now())
    [message_id] = factories.quarantined(cast.feed, now=now(), event="Mail Opened")
    factories.quarantined(cast.feed, 2, now=now())
    query = {"q": message_id, "in": f"w:{cast.workspace.public_id}"}

    page = as_bob.get("/search/", query, headers=HTMX)

    [event] = page.context["groups"][0].results
    assert event.label == "Mail Opened"
    assert event.detail == f"{cast.workspace.name}, in quarantine"
    assert message_id in as_bob.get(event.href).text


def test_an_event_that_left_the_quarantine_is_searched_for(as_bob, cast):
    [message_id] = factories.quarantined(cast.feed, now=now())
    QuarantinedEvent.objects.all().delete()
    query = {"q": message_id, "in": f"w:{cast.workspace.public_id}"}

    page = as_bob.get("/search/", query, headers=HTMX)

    [event] = page.context["groups"][0].results
    assert event.label == "Search all events for this messageId"
    assert f"message_id={message_id}" in event.href


def test_nothing_of_others_is_found(client, cast):
    append_now(cast.feed, messageId="m-4711")
    factories.workspace(cast.partner, name="Aldgate Books")
    queries = ("m-4711", "aldgate", cast.stream.name, cast.workspace.name)

    for outsider in (cast.rita, cast.charlie):
        client.force_login(outsider)
        for query in queries:
            kinds = found(client, query).keys()
            assert kinds & {"Events", "Workspaces", "Streams"} == set()


@pytest.mark.parametrize("scope", ["w:{workspace}", "p:{partner}", "x:y", "w:"])
def test_a_scope_of_others_is_not_found(client, cast, scope):
    client.force_login(cast.rita)
    scope = scope.format(workspace=cast.workspace.public_id, partner=cast.partner.slug)

    assert client.get("/search/", {"q": "a", "in": scope}).status_code == 404


def test_a_workspace_and_a_stream_are_found_by_a_part_of_their_name(as_sam, cast):
    factories.workspace(cast.partner, name="Aldgate Books", external_id="77")
    cast.stream.name = "Bookshop events"
    cast.stream.save()

    results = found(as_sam, "book")

    assert (results["Workspaces"], results["Streams"]) == (
        ["Aldgate Books"],
        ["Bookshop events"],
    )


def test_docs_are_found_without_javascript_too(as_bob, cast):
    page = as_bob.get("/search/", {"q": "write key"})

    assert 'href="/docs/guide/customers/' in page.text


def test_a_long_query_is_cut_and_many_are_refused(as_bob, cast):
    longest = as_bob.get("/search/", {"q": "a" * 10_000})
    assert len(longest.context["query"]) == MAX_QUERY

    for _ in range(300):
        refused = as_bob.get("/search/", {"q": ""})
    assert refused.status_code == 429


def test_a_search_reads_no_more_for_many_customers(
    as_sam, cast, django_assert_max_num_queries
):
    for _ in range(20):
        factories.feed(cast.stream, factories.workspace(cast.partner, name="Many"))

    with django_assert_max_num_queries(14):
        results = found(as_sam, "many", f"p:{cast.partner.slug}")

    assert len(results["Workspaces"]) == 6
    assert not SeenMessage.objects.exists()


def test_every_shortcut_of_a_template_is_declared():
    templates = Path(django_settings.BASE_DIR, "templates").rglob("*.html")
    used = {
        key
        for template in templates
        for keys in re.findall(r'data-shortcut="([^"{]+)"', template.read_text())
        for key in keys.split()
    }

    assert used <= {key for one in SHORTCUTS for key in one.keys}
