"""Any order of facts, decisions and removals gives the same map as dictionaries."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from streams.catalog.models import Stream
from streams.catalog.person_identifiers import ConflictRule
from streams.identity import lookup
from streams.identity.claims import Origin
from streams.identity.conflicts import ConflictChanged, Decision, decide_conflict
from streams.identity.forgetting import forget
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
from tests.connections.test_write_keys import ring
from tests.identity.plain_map import OPEN, PlainConflict, PlainMap

pytestmark = pytest.mark.django_db
NAMES = ["a@example.com", "b@example.com", "c@example.com"]
name, user_id = st.sampled_from(NAMES), st.sampled_from(["u1", "u2", "u3"])
fact = st.tuples(user_id, st.lists(name, min_size=1, unique=True))
STEPS = st.one_of(
    st.tuples(st.just("learn"), st.lists(fact, min_size=1, max_size=4)),
    st.tuples(st.sampled_from(["keep", "replace"]), name, user_id),
    st.tuples(st.just("forget"), user_id),
    st.tuples(st.just("rotate")),
    st.tuples(st.just("choose"), st.sampled_from(ConflictRule)),
)


def identifier(value):
    return Identifier(IdentifierKind.EMAIL, value)


class StoredMap:
    """The same operations on the database, for one new feed."""

    def __init__(self, settings):
        self.feed = factories.feed()
        self.person = factories.user()
        self.settings = settings
        self.keys = ["k1"]

    def rotate(self):
        self.keys.insert(0, f"k{len(self.keys) + 1}")
        self.settings.IDENTITY_KEYS = ring(*self.keys)

    def learn(self, facts):
        origin = Origin(OriginKind.API)
        learn(
            self.feed.pk,
            [
                IdentityFact(one, [identifier(n) for n in names], factories.NOW, origin)
                for one, names in facts
            ],
        )

    def decide(self, decision, value, other):
        found = self.find()
        link = found[identifier(value)].id if identifier(value) in found else None
        conflict = Conflict.objects.filter(link=link, other=other).first()
        if conflict is None:
            raise ConflictChanged
        decide_conflict(conflict, Decision(decision), by=self.person)

    def choose(self, rule):
        Stream.objects.filter(feeds=self.feed).update(conflict_rule=rule)

    def forget(self, one):
        forget(self.feed.pk, user_id=one)

    def find(self):
        lookup.clear_cache()
        return lookup.find(self.feed.pk, [identifier(n) for n in NAMES])

    def links(self):
        return {one.value: link.user_id for one, link in self.find().items()}

    def conflicts(self):
        names = {link.id: one.value for one, link in self.find().items()}
        return {
            (names[row.link_id], row.other): PlainConflict(
                row.kept,
                row.state,
                row.count,
                row.state != OPEN and row.decided_by_id is not None,
            )
            for row in Conflict.objects.filter(feed=self.feed)
        }  # fmt: skip

    def counts(self):
        row = IdentityMap.objects.filter(feed=self.feed).first()
        return (row.links, row.open_conflicts) if row else (0, 0)

    def links_by_changes(self):
        """Return the userIds by link, as a reader of the change feed has them."""
        known = {}
        for number, change in zip(itertools.count(1), self.changes()):
            assert change.number == number
            if change.change == LinkChange.Change.REMOVED:
                del known[change.link_id]
            else:
                known[change.link_id] = change.user_id
        return known

    def changes(self):
        return LinkChange.objects.filter(feed=self.feed).order_by("number")


@hypothesis_settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, max_size=12))
def test_any_order_gives_the_same_map_as_dictionaries(settings, steps):
    settings.IDENTITY_KEYS = ring("k1")
    plain, stored = PlainMap(), StoredMap(settings)

    for action, *args in steps:
        if action == "learn":
            for one, names in args[0]:
                plain.learn(one, names)
            stored.learn(args[0])
        elif action in ("keep", "replace"):
            refused = []
            with suppress(ConflictChanged):
                getattr(plain, action)(*args)
                refused.append("plain did it")
            with suppress(ConflictChanged):
                stored.decide(action, *args)
                refused.append("stored did it")
            assert len(refused) != 1
        elif action == "forget":
            plain.forget(*args)
            stored.forget(*args)
        elif action == "choose":
            plain.rule = args[0]
            stored.choose(*args)
        else:
            stored.rotate()

        assert stored.links() == plain.links
        assert stored.conflicts() == plain.conflicts
        assert stored.counts() == (len(plain.links), plain.open_conflicts())
        assert stored.links_by_changes() == dict(
            Link.objects.filter(feed=stored.feed).values_list("pk", "user_id")
        )
