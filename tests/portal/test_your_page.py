"""Links of the public docs to a page of the reader's partner, stream or workspace."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from streams.docs.guides.index import GUIDES
from tests import factories

LINK = re.compile(r"\(/your/([a-z-]+)/([a-z-]+)/\)")


def your(place: str, page: str) -> str:
    return reverse("portal:your-page", args=[place, page])


@pytest.mark.parametrize(
    ("place", "page", "name"),
    [
        ("partner", "api-tokens", "partner-tokens"),
        ("stream", "qa", "partner-stream-qa"),
        # A partner has no workspace of its own: it chooses from its list.
        ("workspace", "events", "partner"),
    ],
)
def test_a_member_of_one_partner_gets_to_its_page(as_dev, cast, place, page, name):
    args = [cast.partner.slug, cast.stream.slug]

    response = as_dev.get(your(place, page))

    there = reverse(f"portal:{name}", args=args if "stream-" in name else args[:1])
    assert response.headers["Location"] == there


def test_a_customer_gets_to_the_page_of_the_workspace(as_bob, cast):
    events = as_bob.get(your("workspace", "events")).headers["Location"]
    tokens = as_bob.get(your("partner", "api-tokens")).headers["Location"]

    assert events == reverse("portal:events", args=[cast.workspace.public_id])
    assert tokens == reverse("portal:home")


def test_a_partner_with_two_streams_chooses_one(as_dev, cast):
    other = factories.stream(cast.partner, name="Second")

    page = as_dev.get(your("stream", "qa")).text

    for stream in (cast.stream, other):
        args = [cast.partner.slug, stream.slug]
        assert f'href="{reverse("portal:partner-stream-qa", args=args)}"' in page


def test_every_such_link_of_a_guide_exists(as_dev):
    links = {link for guide in GUIDES.values() for link in LINK.findall(guide.text)}

    assert ("partner", "api-tokens") in links
    assert {one for one in links if as_dev.get(your(*one)).status_code != 302} == set()


def test_an_unknown_page_does_not_exist(as_dev):
    assert as_dev.get(your("partner", "nothing")).status_code == 404
    assert as_dev.get(your("nobody", "events")).status_code == 404


def test_every_page_of_the_docs_leads_to_the_portal(client, db):
    assert 'href="/">Open the portal</a>' in client.get("/docs/").text
