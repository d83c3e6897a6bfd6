"""Empty workspaces are removed; an event that arrives at that moment is never lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.delivery.append import accept
from streams.events.log import FeedAddition, UnknownFeed
from streams.events.models import Event, Feed
from streams.identity.inbound.services import open_address
from streams.ingest import django_views
from streams.ingest.credential_lookup import CredentialLookup
from streams.observability import empty_workspaces
from streams.observability.empty_workspaces import empty, remove_empty
from streams.observability.issues.models import IssueKind
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.invitations import make_invitation
from streams.tenancy.members import PlaceRemoved, add_member
from streams.tenancy.models import Workspace
from tests import factories
from tests.ingest.sender_requests import bearer, dumps, track
from tests.locks import in_thread, someone_waits
from tests.portal_processes import until


def all_of(feed):
    return Workspace.objects.filter(partner=feed.stream.partner)


def with_an_event(feed):
    factories.append(feed, 1)


def quarantining(feed):
    factories.quarantined(feed)


def discarding(feed):
    Feed.objects.filter(pk=feed.pk).update(discarded=1)


def once_connected(feed):
    factories.connection(feed, deleted_at=factories.NOW)


def with_a_member(feed):
    factories.member(feed.workspace)


def inviting(feed):
    make_invitation(
        place=feed.workspace, email="new@example.com", role="admin", actor=None
    )


def receiving_from_segment(feed):
    open_address(feed=feed, actor=None)


IN_USE = [
    with_an_event, quarantining, discarding, factories.connection, once_connected,
    with_a_member, inviting, receiving_from_segment,
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("use", IN_USE, ids=lambda use: use.__name__)
def test_a_workspace_that_was_ever_used_stays(use):
    feed = factories.feed()
    use(feed)

    assert remove_empty(all_of(feed), actor=None) == 0

    assert Feed.objects.filter(pk=feed.pk).exists()


@pytest.mark.django_db
def test_an_expired_invitation_keeps_no_workspace():
    feed = factories.feed()
    inviting(feed)
    Invitation.objects.update(expires_at=now() - timedelta(seconds=1))

    assert remove_empty(all_of(feed), actor=None) == 1

    assert not Invitation.objects.exists()


@pytest.mark.django_db
def test_an_empty_workspaces_rows_are_deleted_and_the_activity_log_stays():
    feed, olga = factories.feed(), factories.staff()
    factories.found(feed, at=now())
    kept = factories.feed(feed.stream)
    factories.append(kept, 1)

    removed = remove_empty(all_of(feed), actor=olga)

    assert removed == 1
    assert [*Workspace.objects.filter(partner=feed.stream.partner)] == [kept.workspace]
    assert [*Feed.objects.filter(stream=feed.stream)] == [kept]
    assert not IssueKind.objects.filter(feed=feed.pk).exists()
    assert IssueKind.objects.filter(stream=feed.stream).exists()
    entry = AuditEntry.objects.select_related("workspace").latest("pk")
    assert (entry.action, entry.actor) == ("workspace.removed", olga)
    assert entry.partner == feed.stream.partner
    assert (entry.workspace_id, entry.workspace) == (feed.workspace_id, None)
    assert entry.detail == {
        "name": feed.workspace.name,
        "external_id": feed.workspace.external_id,
    }


@pytest.mark.django_db
def test_the_activity_log_is_still_append_only():
    feed = factories.feed()
    remove_empty(all_of(feed), actor=None)

    for change in (
        lambda: AuditEntry.objects.update(action="other"),
        lambda: AuditEntry.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.django_db
def test_removing_many_takes_as_few_queries_as_one(django_assert_num_queries):
    one, many = factories.feed(), factories.feed()
    for _ in range(20):
        factories.feed(many.stream)

    with django_assert_num_queries(QUERIES):
        assert remove_empty(all_of(one), actor=None) == 1
    with django_assert_num_queries(QUERIES):
        assert remove_empty(all_of(many), actor=None) == 21


QUERIES = 44


@pytest.mark.django_db
def test_more_than_fit_into_a_transaction_are_removed_too(monkeypatch):
    monkeypatch.setattr(empty_workspaces, "CHUNK", 2)
    feed = factories.feed()
    for _ in range(4):
        factories.feed(feed.stream)
    used = Feed.objects.order_by("pk")[1]
    factories.append(used, 1)

    assert remove_empty(all_of(feed), actor=None) == 4

    assert [*all_of(feed)] == [used.workspace]
    assert not empty(all_of(feed)).exists()


# --- At the same moment --------------------------------------------------------------

race = pytest.mark.django_db(transaction=True)


def append_to(feed):
    return accept([FeedAddition(feed.pk, [factories.event()])], now=now())


def send_event(token, message_id, workspace):
    """Send it to the web port; return the response's status."""
    event = track(message_id, workspace=workspace)
    headers = dict(bearer(token))
    client, sent = Client(), dumps(event)
    return client.post(
        "/v1/track", sent, content_type="application/json", headers=headers
    ).status_code


if connection.vendor == "postgresql":  # SQLite has no row locks

    @race
    def test_a_workspace_whose_event_is_about_to_be_committed_stays():
        feed = factories.feed()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                append_to(feed)
                removing = in_thread(pool, remove_empty, all_of(feed), actor=None)
                until(someone_waits)

            assert removing.result(10) == 0
        assert Event.objects.filter(feed=feed).count() == 1

    @race
    def test_an_append_that_waits_for_the_removal_is_refused():
        feed = factories.feed()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                assert remove_empty(all_of(feed), actor=None) == 1
                appending = in_thread(pool, append_to, feed)
                until(someone_waits)

            assert isinstance(appending.exception(10), UnknownFeed)
        assert not Event.objects.exists()

    @race
    def test_a_workspace_whose_new_member_is_about_to_be_committed_stays():
        feed, person = factories.feed(), factories.user()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                add_member(place=feed.workspace, user=person, role="admin", actor=None)
                removing = in_thread(pool, remove_empty, all_of(feed), actor=None)
                until(someone_waits)

            assert removing.result(10) == 0
        assert [*feed.workspace.members.all()] == [person]

    @race
    @pytest.mark.parametrize(
        "add",
        [
            lambda place: add_member(
                place=place, user=factories.user(), role="admin", actor=None
            ),
            lambda place: make_invitation(
                place=place, email="new@example.com", role="admin", actor=None
            ),
        ],
        ids=["member", "invitation"],
    )
    def test_adding_a_member_during_the_removal_is_refused(add):
        feed = factories.feed()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                assert remove_empty(all_of(feed), actor=None) == 1
                adding = in_thread(pool, add, feed.workspace)
                until(someone_waits)

            assert isinstance(adding.exception(10), PlaceRemoved)
        assert not Workspace.objects.filter(pk=feed.workspace_id).exists()

    @race
    def test_an_event_that_names_a_workspace_during_its_removal_creates_it_again():
        row, token = factories.token()
        named = factories.workspace(row.partner, external_id="aldgate")

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                workspaces = Workspace.objects.filter(pk=named.pk)
                assert remove_empty(workspaces, actor=None) == 1
                sending = in_thread(pool, send_event, token, "m-1", "aldgate")
                until(someone_waits)

            assert sending.result(10) == 200
        made = Workspace.objects.get(external_id="aldgate")
        assert made.pk != named.pk
        assert Event.objects.get().feed.workspace == made


@race
def test_no_event_is_lost_while_workspaces_are_removed_and_created_again(monkeypatch):
    monkeypatch.setattr(django_views, "lookup", CredentialLookup())
    feed = factories.feed()
    _, token = factories.token(feed.stream)
    done = threading.Event()

    def send(sender):
        for number in range(15):
            event = f"{sender}-{number}", f"w{number}"
            while (status := send_event(token, *event)) != 200:
                assert status == 503
                done.wait(0.1)

    def remove():
        removed = 0
        while not done.is_set():
            removed += remove_empty(all_of(feed), actor=None)
        return removed

    with ThreadPoolExecutor(4) as pool:
        removing = in_thread(pool, remove)
        sending = [in_thread(pool, send, name) for name in "abc"]
        for one in sending:
            one.result(60)
        done.set()
        removing.result(10)

    sent = {f"{sender}-{number}" for sender in "abc" for number in range(15)}
    assert set(Event.objects.values_list("message_id", flat=True)) == sent
    assert Event.objects.count() == len(sent)
