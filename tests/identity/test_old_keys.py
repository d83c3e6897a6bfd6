"""A rotation of IDENTITY_KEYS ends once no link needs the old key."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind
from streams.observability.missing_keys import missing_identity_keys
from tests import factories
from tests.connections.test_write_keys import ring

pytestmark = pytest.mark.django_db
ANN, BEN = (
    Identifier(IdentifierKind.EMAIL, f"{n}@example.com") for n in ("ann", "ben")
)


@pytest.fixture
def feed(settings):
    """A feed whose map has two people, when k1 was the only key. Then k2 became the first."""
    settings.IDENTITY_KEYS = ring("k1")
    feed = factories.feed()
    see(feed, ANN, BEN)
    settings.IDENTITY_KEYS = ring("k2", "k1")
    return feed


def see(feed, *people):
    origin = Origin(OriginKind.API)
    learn(
        feed.pk, [IdentityFact("user", [one], factories.NOW, origin) for one in people]
    )


def said(**options) -> str:
    out = io.StringIO()
    call_command("identity_keys", stdout=out, **options)
    return out.getvalue()


def test_the_command_counts_the_links_of_each_key(feed):
    see(feed, ANN)

    first, second = said().splitlines()
    assert first == "k2: 1 link. It is the first key: new links get it."
    seen = f"{factories.NOW:%Y-%m-%d}"
    assert second == f"k1: 1 link, seen until {seen}. Keep it."


@pytest.mark.parametrize(
    ("key", "why"), [("k1", "Links still need k1"), ("k2", "the first of")]
)
def test_a_key_that_is_needed_is_not_forgotten(feed, settings, key, why):
    see(feed, ANN)

    with pytest.raises(CommandError, match=why):
        said(forget=key)

    settings.IDENTITY_KEYS = ring("k9")
    assert missing_identity_keys() == ["k1", "k2"]


def test_processes_start_without_a_key_that_no_link_needs(feed, settings):
    see(feed, ANN, BEN)
    assert "k1: no links. It isn't needed" in said()

    assert "Remove it from IDENTITY_KEYS" in said(forget="k1")

    settings.IDENTITY_KEYS = ring("k2")
    assert missing_identity_keys() == []
