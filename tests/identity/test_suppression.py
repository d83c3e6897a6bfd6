"""A suppressed person is known by digests only, until someone stops the suppression."""

from __future__ import annotations

import pytest
from django.db import connection

from streams.audit.models import AuditEntry
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind, NoPerson
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind, SuppressedKey, SuppressedPerson
from streams.identity.old_keys import KeyIsNeeded, forget_key
from streams.identity.suppression.people import DigestSet, suppressed_people
from streams.identity.suppression.services import (
    SuppressionScope,
    suppress,
    suppressed_with,
    unsuppress,
)
from streams.observability.empty_workspaces import empty
from streams.tenancy.models import Workspace
from tests import factories
from tests.connections.test_write_keys import ring

pytestmark = pytest.mark.django_db

ANN = Identifier(IdentifierKind.EMAIL, "ann@example.com")
DEVICE = Identifier(IdentifierKind.ANONYMOUS_ID, "device-1")
BY_API = SuppressedPerson.Origin.API


@pytest.fixture
def feed():
    """A feed whose identity map has Ann's email and her device."""
    feed = factories.feed()
    fact = IdentityFact("user-1", [ANN, DEVICE], factories.NOW, Origin(OriginKind.API))
    learn(feed.pk, [fact])
    return feed


def scope(feed, *, only=False):
    return SuppressionScope(feed.workspace, feed if only else None)


def has(feed, *user_ids, identifiers=(), is_anonymous=False):
    people = suppressed_people(feed.workspace_id, feed.pk)
    return people.have(user_ids, identifiers, is_anonymous=is_anonymous)


def number(feed):
    return Workspace.objects.get(pk=feed.workspace_id).suppression


def test_a_person_is_suppressed_by_the_user_id_byte_for_byte(feed):
    suppress(scope(feed), user_id="user-1", origin=BY_API)

    assert has(feed, "user-1")
    assert not has(feed, "User-1")
    assert not has(feed, "user-2", identifiers=[ANN])


def test_an_email_suppresses_the_user_id_that_the_map_has_for_it(feed):
    suppress(
        scope(feed),
        identifiers=[Identifier(IdentifierKind.EMAIL, " Ann@Example.com")],
        origin=BY_API,
    )

    assert has(feed, "user-1")
    assert has(feed, "user-2", identifiers=[ANN])


def test_a_linked_identifier_counts_only_for_events_without_a_user_id(feed):
    suppress(scope(feed), user_id="user-1", origin=BY_API)

    assert has(feed, identifiers=[DEVICE], is_anonymous=True)
    assert not has(feed, "user-2", identifiers=[DEVICE])


def test_a_suppression_of_the_workspace_counts_in_streams_that_are_added_later(feed):
    suppress(scope(feed), user_id="user-1", identifiers=[ANN], origin=BY_API)

    later = factories.feed(workspace=feed.workspace)
    assert has(later, "user-1")
    assert has(later, "", identifiers=[ANN])


def test_a_suppression_of_a_feed_counts_nowhere_else(feed):
    other, stranger = factories.feed(workspace=feed.workspace), factories.feed()

    suppress(scope(feed, only=True), user_id="user-1", origin=BY_API)

    assert has(feed, "user-1")
    assert not has(other, "user-1")
    assert not has(stranger, "user-1")


def test_suppressing_someone_again_changes_nothing(feed):
    first = suppress(scope(feed), user_id="user-1", origin=BY_API)
    before = number(feed)

    second = suppress(scope(feed), user_id="user-1", origin=BY_API)

    assert (first[1], second[1]) == (True, False)
    assert second[0] == first[0]
    assert number(feed) == before
    assert AuditEntry.objects.filter(action="privacy.suppressed").count() == 1


def test_links_that_were_learned_since_are_added_to_a_suppressed_person(feed):
    suppress(scope(feed), user_id="user-1", origin=BY_API)
    phone = Identifier(IdentifierKind.PHONE, "+49 30 1234567")
    fact = IdentityFact("user-1", [phone], factories.NOW, Origin(OriginKind.API))
    learn(feed.pk, [fact])

    suppress(scope(feed), user_id="user-1", origin=BY_API)

    assert has(feed, identifiers=[phone], is_anonymous=True)
    assert SuppressedPerson.objects.count() == 1


def test_nothing_of_a_person_is_left_once_they_are_no_longer_suppressed(feed):
    suppress(scope(feed), user_id="user-1", origin=BY_API)
    assert number(feed) > 0

    assert unsuppress(scope(feed), user_id="user-1") == 1

    assert not has(feed, "user-1")
    assert not SuppressedKey.objects.exists()
    assert number(feed) == 0
    assert unsuppress(scope(feed), user_id="user-1") == 0


def test_a_person_is_found_by_any_user_id_or_identifier_that_was_given(feed):
    person, _new = suppress(scope(feed), identifiers=[ANN], origin=BY_API)

    assert suppressed_with(scope(feed), user_id="user-1") == [person]
    assert suppressed_with(scope(feed), identifiers=[DEVICE]) == []
    assert unsuppress(scope(feed), identifiers=[ANN]) == 1


def test_segment_does_not_end_a_suppression_of_the_workspace(feed):
    suppress(scope(feed), user_id="user-1", origin=BY_API)
    suppress(scope(feed, only=True), user_id="user-1", origin=BY_API)

    assert unsuppress(scope(feed, only=True), user_id="user-1") == 1

    assert has(feed, "user-1")
    assert unsuppress(scope(feed), user_id="user-1") == 1


@pytest.mark.parametrize("user_id", ["", "null", "000"])
def test_a_placeholder_suppresses_no_one(feed, user_id):
    nothing = Identifier(IdentifierKind.EMAIL, "not an email")

    with pytest.raises(NoPerson):
        suppress(scope(feed), user_id=user_id, identifiers=[nothing], origin=BY_API)


def test_no_value_of_the_person_is_stored(feed):
    suppress(scope(feed), user_id="user-1", identifiers=[ANN], origin=BY_API)

    with connection.cursor() as cursor:
        for table in ("suppressedperson", "suppressedkey", "auditentry"):
            cursor.execute(f"SELECT * FROM streams_{table}")
            text = repr([[bytes(v) if isinstance(v, memoryview) else v for v in row]
                         for row in cursor.fetchall()])  # fmt: skip
            assert "ann@" not in text
            assert "user-1" not in text


def test_digests_by_an_older_key_still_count(feed, settings):
    settings.IDENTITY_KEYS = ring("k1")
    suppress(scope(feed), user_id="user-9", origin=BY_API)
    settings.IDENTITY_KEYS = ring("k2", "k1")

    assert has(feed, "user-9")
    with pytest.raises(KeyIsNeeded):
        forget_key("k1")
    assert unsuppress(scope(feed), user_id="user-9") == 1
    forget_key("k1")


def test_a_workspace_with_suppressed_people_is_not_empty():
    feed = factories.feed()
    own = Workspace.objects.filter(pk=feed.workspace_id)
    assert empty(own).exists()

    suppress(scope(feed), user_id="user-1", origin=BY_API)

    assert not empty(own).exists()


def test_a_set_has_the_digests_that_it_was_made_of_and_no_others():
    digests = [bytes([n]) * 16 for n in range(0, 200, 2)]
    found = DigestSet(digests)

    assert all(digest in found for digest in digests)
    assert not any(bytes([n]) * 16 in found for n in range(1, 200, 2))
    assert len(DigestSet([])) == 0
