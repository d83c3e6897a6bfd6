"""Links between lists keep their filters: each is a chip on the other page, or said there."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from streams.base.clock import now
from tests import factories

# Parameters of links that aren't filters.
OTHERS = {
    "stream",
    "workspace",
    "connection",
    "show",
    "before",
    "list",
    "at",
    "started",
}
LISTS = r"/(events|attempts|issues|quarantine|activity|requests)/$"


def own(cast, page: str, **query: str) -> str:
    return reverse(f"portal:{page}", args=[cast.workspace.public_id], query=query)


def of_partner(cast, page: str, *args: str, **query: str) -> str:
    return reverse(f"portal:{page}", args=[cast.partner.slug, *args], query=query)


def links_with_filters(page) -> set[str]:
    """Return the links of a page to other lists that have a query."""
    found = {
        unescape(link) for link in re.findall(r'href="(/[^"]*\?[^"]*)"', page.text)
    }
    return {link for link in found if re.search(LISTS, urlsplit(link).path)}


def dropped(page, link: str) -> set[str]:
    """Return the parameters of a link that its page neither shows nor names as ignored."""
    landed = page.redirect_chain[-1][0] if page.redirect_chain else link
    sent = parse_qs(urlsplit(landed).query).keys() - OTHERS
    if not sent:
        return set()
    form = page.context["form"]
    chips = re.findall(r'class="chip[^"]*" href="([^"]*)"', page.text)
    removed = {
        name
        for chip in chips
        for name in sent - parse_qs(urlsplit(unescape(chip)).query).keys()
    }
    said = set(form.ignored) if "This list can't filter by" in unescape(page.text) else set()  # fmt: skip
    return sent - removed - said


@pytest.fixture
def world(cast):
    cast.stream.check_mode = "quarantine"
    cast.stream.save()
    factories.published_plan(cast.stream, "Email Opened")
    factories.found(cast.feed, at=now())
    person = {"userId": "ada", "context": {"traits": {"email": "ada@example.com"}}}
    factories.quarantined(cast.feed, 2, event="Mail Opened", now=now(), **person)
    factories.append(cast.feed, 2, now=now())
    cursor = factories.due_cursor(2, factories.connection(cast.feed))
    factories.delivery(cursor, 1, 2, outcome="retry", status_code=503)
    return cast


@pytest.mark.parametrize("who", ["alice", "dev"])
def test_no_link_between_lists_drops_a_filter(client, world, who):
    client.force_login(getattr(world, who))
    pages = [
        own(world, "overview"),
        own(world, "events", email="ada@example.com", user_id="ada", rule="PLAN-EVENT-001"),
        own(world, "events", name="mail", type="track", last="7d", anonymous_id="a"),
        own(world, "issues"),
        own(world, "issues", severity="error", rule="PLAN-EVENT-001"),
        own(world, "attempts", outcome="retry"),
        own(world, "quarantine", name="Mail Opened"),
        reverse("portal:event", args=[world.workspace.public_id, 1]),
        f"/search/?q=ada@example.com&in=w:{world.workspace.public_id}",
    ]  # fmt: skip
    if who == "dev":
        slug = world.stream.slug
        pages += [
            of_partner(world, "partner-events", email="ada@example.com", last="7d"),
            of_partner(world, "partner-stream-issues", slug),
            of_partner(world, "partner-stream-issues", slug, rule="PLAN-EVENT-001", name="Mail Opened"),
            of_partner(world, "partner-stream-quarantine", slug, name="Mail Opened"),
        ]  # fmt: skip
    links = {link for page in pages for link in links_with_filters(client.get(page))}

    lost = {link: dropped(client.get(link, follow=True), link) for link in links}

    assert len(links) > 5
    assert {link: names for link, names in lost.items() if names} == {}


@pytest.mark.parametrize(
    "page", ["events", "attempts", "issues", "quarantine", "activity"]
)
def test_a_filter_that_a_list_does_not_have_is_named(client, world, page):
    client.force_login(world.anna)

    text = unescape(client.get(own(world, page, tone="x", last="24h")).text)

    assert "This list can't filter by: tone" in text
