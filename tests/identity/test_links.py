from __future__ import annotations

from datetime import timedelta

import pytest

from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.identity import lookup
from streams.identity.claims import Origin
from streams.identity.conflicts import ConflictChanged, Decision, decide_conflict
from streams.identity.forgetting import forget
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import MOST_FACTS, IdentityFact, learn
from streams.identity.models import (
    Conflict,
    IdentityMap,
    Link,
    LinkChange,
    OriginKind,
)
from streams.observability.empty_workspaces import empty
from streams.observability.missing_keys import missing_in_words
from streams.tenancy.models import Workspace
from tests import factories
from tests.connections.test_write_keys import ring
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TOOL_ID, EMAIL, PHONE, ANONYMOUS_ID, EXTERNAL_ID = IdentifierKind
SEGMENT = Origin(OriginKind.INBOUND, "project-1", "message-1")
State, Change = Conflict.State, LinkChange.Change


@pytest.fixture
def feed():
    return factories.feed()


def email(name="alice"):
    return Identifier(EMAIL, f"{name}@example.com")


def tool_id(value="7"):
    return Identifier(TOOL_ID, value)


def fact(user_id, *identifiers, at=NOW, origin=SEGMENT):
    return IdentityFact(user_id, identifiers, at, origin)


def totals(results):
    """Return the numbers of new links, of those seen again, and of conflicts."""
    conflicts = sum(len(r.conflicts) for r in results)
    return sum(r.new for r in results), sum(r.seen for r in results), conflicts


def user_ids(feed, *identifiers):
    """Return the userIds of identifiers, as another process finds them."""
    lookup.clear_cache()
    found = lookup.find(feed.pk, identifiers)
    return [found[i].user_id if i in found else None for i in identifiers]


def changes(feed):
    rows = LinkChange.objects.filter(feed=feed).order_by("number")
    return list(rows.values_list("number", "change", "user_id"))


def counts(feed):
    row = IdentityMap.objects.get(feed=feed)
    return row.links, row.open_conflicts


def test_all_identifiers_of_a_person_lead_to_the_user_id_byte_for_byte(feed):
    identifiers = [
        tool_id(),
        email(),
        Identifier(PHONE, "+1 415 555 0100"),
        Identifier(ANONYMOUS_ID, "anon-1"),
        Identifier(EXTERNAL_ID, "7", "postbox_id"),
    ]

    learned = learn(feed.pk, [fact(" Úser-1 ", *identifiers)])

    assert totals(learned) == (5, 0, 0)
    assert user_ids(feed, *identifiers) == [" Úser-1 "] * 5
    assert user_ids(feed, Identifier(PHONE, "14155550100")) == [" Úser-1 "]
    assert counts(feed) == (5, 0)


def test_a_link_has_its_origin_and_its_times(feed):
    learn(feed.pk, [fact("u1", email())])
    learn(feed.pk, [fact("u1", email(), at=NOW + timedelta(minutes=59))])
    learn(feed.pk, [fact("u1", email(), at=NOW + timedelta(hours=2))])

    [link] = lookup.links_of(feed.pk, "u1")

    assert (link.origin, link.project_id, link.message_id) == (
        OriginKind.INBOUND,
        "project-1",
        "message-1",
    )
    assert (link.first_seen_at, link.last_seen_at) == (NOW, NOW + timedelta(hours=2))


def test_no_identifier_is_stored(feed):
    learn(feed.pk, [fact("u1", email(), tool_id("secret-tool-id"))])
    learn(feed.pk, [fact("u2", email())])

    stored = [
        str(row)
        for model in (Link, LinkChange, Conflict)
        for row in model.objects.values()
    ]
    assert not [text for text in stored if "alice" in text or "secret-tool" in text]


def test_feeds_share_nothing(feed):
    other = factories.feed()

    learn(feed.pk, [fact("u1", email())])

    assert user_ids(other, email()) == [None]


def test_a_fact_is_refused_with_the_reason_and_the_others_are_learned(feed):
    learned = learn(
        feed.pk,
        [
            fact(None, email("a")),
            fact("7", tool_id("7"), email("b")),
            fact("u1", email("c")),
            fact("u1", Identifier(EMAIL, "none")),
        ],
    )

    assert [r.problem and r.problem.rule for r in learned] == [
        "IDENTITY-NULL",
        "IDENTITY-TOOL-ID",
        None,
        "IDENTITY-NO-IDENTIFIER",
    ]
    assert user_ids(feed, email("a"), email("b"), email("c")) == [None, None, "u1"]


def test_the_first_user_id_stays_and_another_is_a_conflict(feed):
    learn(feed.pk, [fact("u1", email())])

    learned = learn(feed.pk, [fact("u2", email(), tool_id()), fact("u2", email())])

    conflict = Conflict.objects.get()
    assert [list(r.conflicts) for r in learned] == [[EMAIL], [EMAIL]]
    assert (conflict.kept, conflict.other, conflict.count) == ("u1", "u2", 2)
    assert conflict.state == State.OPEN
    assert user_ids(feed, email(), tool_id()) == ["u1", "u2"]
    assert counts(feed) == (2, 1)


def test_two_user_ids_in_one_call_are_a_conflict(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])

    assert list(Conflict.objects.values_list("kept", "other")) == [("u1", "u2")]
    assert user_ids(feed, email()) == ["u1"]


def test_a_fact_that_is_repeated_writes_nothing(feed, django_assert_max_num_queries):
    facts = [fact("u1", email(str(n)), tool_id(f"t{n}")) for n in range(100)]
    learn(feed.pk, facts)

    with django_assert_max_num_queries(1):
        learned = learn(feed.pk, facts)

    assert totals(learned) == (0, 200, 0)
    assert counts(feed) == (200, 0)


@pytest.mark.postgres  # SQLite limits the parameters of a statement
@pytest.mark.parametrize("people", [1, 300])
def test_the_number_of_statements_does_not_depend_on_the_facts(
    feed, people, django_assert_max_num_queries
):
    learn(feed.pk, [fact("u0", email(str(n))) for n in range(people)])
    facts = [
        fact(f"u{n}", email(str(n)), tool_id(f"t{n}"), at=NOW + timedelta(days=1))
        for n in range(people)
    ]

    with django_assert_max_num_queries(9):
        learn(feed.pk, facts)


def test_too_many_facts_are_refused(feed):
    with pytest.raises(ValueError, match="1001 facts"):
        learn(feed.pk, [fact("u1", email())] * (MOST_FACTS + 1))


def test_changes_are_numbered_from_one_without_gaps(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", tool_id())])
    learn(feed.pk, [fact("u2", email())])
    decide_conflict(Conflict.objects.get(), Decision.REPLACE, by=factories.user())
    forget(feed.pk, identifiers=[tool_id()])

    assert changes(feed) == [
        (1, Change.ADDED, ""),
        (2, Change.ADDED, ""),
        (3, Change.REPLACED, ""),
        (4, Change.REMOVED, ""),
        (5, Change.REMOVED, ""),
    ]


def test_a_decision_to_keep_ends_a_conflict(feed):
    alice = factories.member(feed.workspace)
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])

    decided = decide_conflict(Conflict.objects.get(), Decision.KEEP, by=alice)
    learn(feed.pk, [fact("u2", email())])

    decided.refresh_from_db()
    assert (decided.state, decided.count) == (State.KEPT, 2)
    assert (decided.decided_by, decided.decided_at is None) == (alice, False)
    assert user_ids(feed, email()) == ["u1"]
    assert counts(feed) == (1, 0)


def test_a_decision_to_replace_moves_the_link(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])

    decide_conflict(Conflict.objects.get(), Decision.REPLACE, by=factories.user())

    assert user_ids(feed, email()) == ["u2"]
    assert changes(feed)[-1] == (2, Change.REPLACED, "u2")
    assert counts(feed) == (1, 0)


def test_the_replaced_user_id_opens_no_new_conflict(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])
    decide_conflict(Conflict.objects.get(), Decision.REPLACE, by=factories.user())

    learn(feed.pk, [fact("u1", email()), fact("u2", email())])

    assert counts(feed) == (1, 0)
    assert set(Conflict.objects.values_list("kept", "other", "state", "count")) == {
        ("u1", "u2", State.REPLACED, 1),
        ("u2", "u1", State.KEPT, 1),
    }


def test_a_decision_can_be_reversed(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])
    decide_conflict(Conflict.objects.get(), Decision.REPLACE, by=factories.user())

    decide_conflict(
        Conflict.objects.get(other="u1"), Decision.REPLACE, by=factories.user()
    )

    assert user_ids(feed, email()) == ["u1"]


def test_other_conflicts_of_the_link_are_with_its_new_user_id(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email()), fact("u3", email())])

    decide_conflict(
        Conflict.objects.get(other="u2"), Decision.REPLACE, by=factories.user()
    )

    third = Conflict.objects.get(other="u3")
    assert (third.kept, third.state) == ("u2", State.OPEN)
    assert counts(feed) == (1, 1)


def test_a_replaced_link_has_the_origin_and_the_times_of_its_new_user_id(feed):
    later, api = NOW + timedelta(days=1), Origin(OriginKind.API)
    learn(feed.pk, [fact("u1", email()), fact("u2", email(), at=later, origin=api)])

    decide_conflict(Conflict.objects.get(), Decision.REPLACE, by=factories.user())

    link = Link.objects.get()
    assert (link.origin, link.project_id, link.message_id) == (api.kind, "", "")
    assert (link.first_seen_at, link.last_seen_at) == (later, later)


def test_a_decision_changes_no_conflict_of_another_person_or_workspace(feed):
    other = factories.feed()
    for one, people in ((feed, ("alice", "bob")), (other, ("alice",))):
        for name in people:
            learn(one.pk, [fact("u1", email(name)), fact("u2", email(name))])

    decide_conflict(Conflict.objects.first(), Decision.REPLACE, by=factories.user())

    rest = Conflict.objects.exclude(link=Conflict.objects.order_by("pk")[0].link_id)
    assert set(rest.values_list("feed", "kept", "other", "state")) == {
        (feed.pk, "u1", "u2", State.OPEN),
        (other.pk, "u1", "u2", State.OPEN),
    }
    assert user_ids(feed, email(), email("bob")) == ["u2", "u1"]
    assert user_ids(other, email()) == ["u1"]


def test_a_conflict_has_the_origin_of_its_last_claim_and_the_times_of_all(feed):
    last = Origin(OriginKind.INBOUND, "project-2", "message-2")
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])
    learn(feed.pk, [fact("u2", email(), at=NOW + timedelta(days=1))])

    learn(feed.pk, [fact("u2", email(), at=NOW - timedelta(days=1), origin=last)])

    conflict = Conflict.objects.get()
    assert (conflict.project_id, conflict.message_id) == ("project-2", "message-2")
    assert conflict.first_seen_at == NOW - timedelta(days=1)
    assert conflict.last_seen_at == NOW + timedelta(days=1)


def test_a_decision_about_what_has_changed_is_refused(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email()), fact("u3", email())])
    shown = Conflict.objects.get(other="u3")
    decide_conflict(
        Conflict.objects.get(other="u2"), Decision.REPLACE, by=factories.user()
    )

    with pytest.raises(ConflictChanged):
        decide_conflict(shown, Decision.REPLACE, by=factories.user())
    with pytest.raises(ConflictChanged):
        decide_conflict(
            Conflict.objects.get(other="u2"), Decision.KEEP, by=factories.user()
        )

    assert user_ids(feed, email()) == ["u2"]


def test_the_activity_log_has_each_decision_without_user_ids(feed):
    person = factories.user()
    learn(feed.pk, [fact("u1", email()), fact("u2", email()), fact("u3", email())])

    decide_conflict(Conflict.objects.get(other="u2"), Decision.KEEP, by=person)
    decide_conflict(Conflict.objects.get(other="u2"), Decision.KEEP, by=person)
    decide_conflict(Conflict.objects.get(other="u3"), Decision.REPLACE, by=person)
    forget(feed.pk, user_id="u3")

    entries = AuditEntry.objects.filter(workspace=feed.workspace).order_by("pk")
    assert [describe(e.action, e.detail) for e in entries] == [
        "Kept the userId of a person with a conflict: Email",
        "Replaced the userId of a person with a conflict: Email",
        "Removed a person with 1 link from the identity map",
    ]
    assert not [e for e in entries if "u1" in str(e.detail) or "u3" in str(e.detail)]


@pytest.mark.parametrize("by", ["user_id", "identifier"])
def test_a_person_is_forgotten_by_user_id_or_any_identifier(feed, by):
    learn(feed.pk, [fact("u1", email(), tool_id()), fact("u2", email("bob"))])
    learn(feed.pk, [fact("u1", email("bob")), fact("u3", email())])

    given = {"user_id": "u1"} if by == "user_id" else {"identifiers": [tool_id()]}
    removed = forget(feed.pk, **given)

    assert removed == 2
    assert user_ids(feed, email(), tool_id(), email("bob")) == [None, None, "u2"]
    assert counts(feed) == (1, 0)
    assert "u1" not in str(
        [list(m.objects.values()) for m in (Link, LinkChange, Conflict)]
    )


def test_a_person_with_a_user_id_is_forgotten_without_others_on_the_same_device(feed):
    device = Identifier(ANONYMOUS_ID, "shared")
    learn(feed.pk, [fact("u1", email()), fact("u2", device, email("bob"))])

    assert forget(feed.pk, user_id="u1", identifiers=[device]) == 1
    assert forget(feed.pk, user_id="u\0", identifiers=[device]) == 0

    assert user_ids(feed, email(), device, email("bob")) == [None, "u2", "u2"]


@pytest.mark.parametrize("by", ["user_id", "identifier"])
def test_a_person_is_forgotten_in_one_workspace_only(feed, by):
    other = factories.feed()
    for one in (feed, other):
        learn(one.pk, [fact("u1", email()), fact("u2", email(), tool_id())])
        decide_conflict(
            Conflict.objects.get(feed=one), Decision.REPLACE, by=factories.user()
        )
        learn(one.pk, [fact("u3", tool_id("8")), fact("u2", tool_id("8"))])
    before = changes(other), counts(other), Conflict.objects.filter(feed=other).count()

    given = {"user_id": "u2"} if by == "user_id" else {"identifiers": [tool_id()]}
    forget(feed.pk, **given)

    assert user_ids(feed, email(), tool_id(), tool_id("8")) == [None, None, "u3"]
    assert user_ids(other, email(), tool_id(), tool_id("8")) == ["u2", "u2", "u3"]
    after = changes(other), counts(other), Conflict.objects.filter(feed=other).count()
    assert after == before


def test_a_forgotten_person_is_not_in_the_history_of_a_link_that_was_moved(feed):
    learn(feed.pk, [fact("u1", email()), fact("u2", email())])
    decide_conflict(Conflict.objects.get(), Decision.REPLACE, by=factories.user())

    forget(feed.pk, user_id="u1")

    assert user_ids(feed, email()) == ["u2"]
    assert changes(feed) == [(1, Change.ADDED, ""), (2, Change.REPLACED, "u2")]
    assert not Conflict.objects.exists()


def test_forgetting_someone_unknown_changes_nothing(feed):
    learn(feed.pk, [fact("u1", email())])

    assert forget(feed.pk, user_id="u\0") == 0
    assert forget(feed.pk, user_id="u2", identifiers=[tool_id()]) == 0
    assert forget(feed.pk) == 0

    assert counts(feed) == (1, 0)
    assert not AuditEntry.objects.filter(action="identity.forgotten").exists()


def test_links_are_found_during_a_rotation_and_renewed_when_seen(feed, settings):
    settings.IDENTITY_KEYS = ring("k1")
    learn(feed.pk, [fact("u1", email()), fact("u1", tool_id())])
    settings.IDENTITY_KEYS = ring("k2", "k1")

    before = user_ids(feed, email(), tool_id())
    learned = learn(feed.pk, [fact("u1", email()), fact("u2", email())])

    assert before == ["u1", "u1"]
    assert totals(learned) == (0, 1, 1)
    assert set(Link.objects.values_list("kind", "key_id")) == {
        (EMAIL, "k2"),
        (TOOL_ID, "k1"),
    }
    settings.IDENTITY_KEYS = ring("k2")
    assert user_ids(feed, email(), tool_id()) == ["u1", None]


def test_a_lookup_is_one_query_and_then_none(feed, django_assert_max_num_queries):
    people = [email(str(n)) for n in range(50)]
    learn(feed.pk, [fact(f"u{n}", one) for n, one in enumerate(people)])
    lookup.clear_cache()

    with django_assert_max_num_queries(1):
        first = lookup.find(feed.pk, [*people, Identifier(EMAIL, "")])
    with django_assert_max_num_queries(0):
        second = lookup.find(feed.pk, people)

    assert len(first) == 50
    assert first == second


def test_someone_unknown_is_found_as_soon_as_the_link_exists(feed):
    assert lookup.find(feed.pk, [email()]) == {}

    learn(feed.pk, [fact("u1", email())])

    assert lookup.find(feed.pk, [email()])[email()].user_id == "u1"


def test_a_missing_identity_key_is_named(feed, settings):
    settings.IDENTITY_KEYS = ring("k1")
    learn(feed.pk, [fact("u1", email())])

    complete = missing_in_words()
    settings.IDENTITY_KEYS = ring("k2")
    without = missing_in_words()
    settings.IDENTITY_KEYS = [ring("k2")[0].replace("k2:", "k1:")]
    another = missing_in_words()

    assert complete == ""
    assert (
        without
        == another
        == ("IDENTITY_KEYS lacks keys that the identity map needs: k1.")
    )


def test_a_workspace_with_links_is_not_empty(feed):
    learn(feed.pk, [fact("u1", email())])

    assert not empty(Workspace.objects.filter(pk=feed.workspace_id)).exists()
