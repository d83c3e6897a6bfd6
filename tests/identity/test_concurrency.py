"""Facts that several processes learn at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from django.db.models import Sum

from streams.identity import lookup
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import (
    Conflict,
    IdentityMap,
    Link,
    LinkChange,
    OriginKind,
)
from tests import factories
from tests.locks import in_thread

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, CALLS, PEOPLE = 6, 8, 40
ORIGIN = Origin(OriginKind.API)


def facts(writer, random):
    """Return facts about the same people as other writers, in another order."""
    people = random.sample(range(PEOPLE), PEOPLE)
    return [
        IdentityFact(
            f"u{person}" if random.random() < 0.9 else f"other-{writer}",
            [
                Identifier(IdentifierKind.EMAIL, f"{person}@example.com"),
                Identifier(IdentifierKind.TOOL_ID, f"t{person}"),
            ],
            factories.NOW,
            ORIGIN,
        )
        for person in people
    ]


def write(feed_id, writer):
    """Learn in several calls; return the userIds that were sent by identifier."""
    random = Random(writer)
    calls = [facts(writer, random) for _ in range(CALLS)]
    for call in calls:
        learn(feed_id, call)
    return [
        (identifier, fact.user_id)
        for call in calls
        for fact in call
        for identifier in fact.identifiers
    ]


def read_until(ended, feed_id):
    """Read the change feed as it grows; return the numbers in the order of reading."""
    numbers = []
    while True:
        last_time = ended.wait(0.005)  # leave the writers some time
        after = numbers[-1] if numbers else 0
        rows = LinkChange.objects.filter(feed=feed_id, number__gt=after)
        numbers += rows.order_by("number").values_list("number", flat=True)[:7]
        if last_time and not rows.filter(number__gt=numbers[-1]).exists():
            return numbers


def test_concurrent_facts_make_one_link_each_and_no_reader_skips_a_change():
    feed, ended = factories.feed(), threading.Event()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = in_thread(pool, read_until, ended, feed.pk)
        writers = [in_thread(pool, write, feed.pk, n) for n in range(WRITERS)]
        try:
            sent = [claim for writer in writers for claim in writer.result(120)]
        finally:
            ended.set()
        numbers = reader.result(60)

    assert Link.objects.filter(feed=feed).count() == 2 * PEOPLE
    assert numbers == list(range(1, 2 * PEOPLE + 1))
    kept = lookup.find(feed.pk, list({identifier for identifier, _user_id in sent}))
    contradicting = [one for named, one in sent if kept[named].user_id != one]
    counts = Conflict.objects.aggregate(claims=Sum("count"))
    assert counts == {"claims": len(contradicting)}
    row = IdentityMap.objects.get(feed=feed)
    assert (row.links, row.last_change) == (2 * PEOPLE, 2 * PEOPLE)
    assert row.open_conflicts == Conflict.objects.count()
