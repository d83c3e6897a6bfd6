"""A stream's rule decides which of two userIds an identifier has."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from streams.audit.models import AuditEntry
from streams.catalog.models import Stream
from streams.catalog.person_identifiers import ConflictRule
from streams.identity.claims import Origin
from streams.identity.conflicts import Decision, decide_conflict
from streams.identity.links import learn
from streams.identity.models import Conflict, Link, OriginKind
from tests import factories
from tests.identity.test_links import (
    Change,
    State,
    changes,
    counts,
    email,
    fact,
    tool_id,
    user_ids,
)

pytestmark = pytest.mark.django_db
API = Origin(OriginKind.API)


@pytest.fixture
def feed():
    return factories.feed()


def choose(feed, rule):
    Stream.objects.filter(feeds=feed).update(conflict_rule=rule)


def conflicts():
    rows = Conflict.objects.order_by("other")
    return list(rows.values_list("kept", "other", "state", "count"))


def test_by_default_a_person_decides(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])

    assert feed.stream.conflict_rule == ConflictRule.PERSON
    assert conflicts() == [("u1", "u2", State.OPEN, 1)]


def test_the_older_user_id_stays_without_an_open_conflict(feed):
    choose(feed, ConflictRule.OLDER)

    learn(feed.pk, [fact("u1", email())])
    [result] = learn(feed.pk, [fact("u2", email())])

    assert user_ids(feed, email()) == ["u1"]
    assert conflicts() == [("u1", "u2", State.KEPT, 1)]
    assert counts(feed) == (1, 0)
    assert len(result.conflicts) == 1
    row = Conflict.objects.get()
    assert row.decided_at is not None
    assert row.decided_by is None


def test_the_newest_user_id_replaces_the_other_and_the_history_has_it(feed):
    choose(feed, ConflictRule.NEWEST)
    learn(feed.pk, [fact("u1", email(), tool_id())])

    learn(feed.pk, [fact("u2", email(), origin=API)])

    assert user_ids(feed, email(), tool_id()) == ["u2", "u1"]
    assert changes(feed)[-1] == (3, Change.REPLACED, "u2")
    assert conflicts() == [
        ("u2", "u1", State.KEPT, 0),
        ("u1", "u2", State.REPLACED, 1),
    ]
    assert counts(feed) == (2, 0)
    link = Link.objects.get(user_id="u2")
    assert (link.origin, link.message_id) == (OriginKind.API, "")


def test_two_user_ids_in_one_call_give_a_link_and_its_replacement(feed):
    choose(feed, ConflictRule.NEWEST)

    learn(feed.pk, [fact("u1", email()), fact("u2", email()), fact("u2", email())])

    assert changes(feed) == [(1, Change.ADDED, "u1"), (2, Change.REPLACED, "u2")]
    assert conflicts() == [
        ("u2", "u1", State.KEPT, 0),
        ("u1", "u2", State.REPLACED, 1),
    ]


def test_the_first_user_id_replaces_the_second_if_it_is_received_again(feed):
    choose(feed, ConflictRule.NEWEST)

    for one in ("u1", "u2", "u1"):
        learn(feed.pk, [fact(one, email())])

    assert user_ids(feed, email()) == ["u1"]
    assert conflicts() == [
        ("u2", "u1", State.REPLACED, 1),
        ("u1", "u2", State.KEPT, 1),
    ]


def test_the_decision_of_a_person_about_two_user_ids_outlives_the_rule(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])
    decide_conflict(Conflict.objects.get(), Decision.KEEP, by=factories.user())
    choose(feed, ConflictRule.NEWEST)

    learn(feed.pk, [fact("u2", email())])
    assert user_ids(feed, email()) == ["u1"]

    learn(feed.pk, [fact("u3", email())])
    assert user_ids(feed, email()) == ["u3"]


def test_an_open_conflict_waits_until_one_of_its_user_ids_is_received_again(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])
    choose(feed, ConflictRule.OLDER)
    assert counts(feed) == (1, 1)

    learn(feed.pk, [fact("u2", email())])

    assert counts(feed) == (1, 0)


def test_the_decision_of_a_rule_is_open_again_once_people_decide(feed):
    choose(feed, ConflictRule.OLDER)
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])
    choose(feed, ConflictRule.PERSON)

    learn(feed.pk, [fact("u2", email())])

    assert conflicts() == [("u1", "u2", State.OPEN, 2)]
    assert Conflict.objects.get().decided_at is None
    assert counts(feed) == (1, 1)


def test_a_rule_writes_no_entry_per_conflict_in_the_activity_log(feed):
    choose(feed, ConflictRule.NEWEST)

    learn(feed.pk, [fact("u1", email()), fact("u2", email())])

    assert not AuditEntry.objects.filter(workspace=feed.workspace).exists()


def test_the_number_of_statements_does_not_depend_on_the_number_of_replacements(
    feed,
):
    choose(feed, ConflictRule.NEWEST)

    def statements(count):
        people = [email(f"{count}-{n}") for n in range(count)]
        learn(feed.pk, [fact("u1", one) for one in people])
        with CaptureQueriesContext(
            connection,
        ) as captured:
            learn(feed.pk, [fact("u2", one) for one in people])
        return len(captured)

    assert statements(1) == statements(40)
