from __future__ import annotations

from collections import Counter
from typing import ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection

from streams.catalog.models import Stream
from streams.catalog.plans.authoring.templates import template
from streams.catalog.plans.models import PlanVersion
from streams.connections.models import Connection
from streams.connections.write_keys import open_write_key
from streams.delivery.connection.status import pause
from streams.devtools.demo import accounts, seeding
from streams.events.models import Feed
from streams.identity.inbound.secrets import has_secret
from streams.models import AuditEntry
from streams.review.launch import BROUGHT_BY
from streams.review.requirements import preparation
from streams.review.services import approve, send_back, suspend
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    PartnerToken,
    User,
    Workspace,
    WorkspaceMembership,
)
from tests import factories

pytestmark = pytest.mark.django_db

EVERYTHING = (
    AuditEntry, Connection, Feed, Partner, PartnerMembership, PartnerToken, PlanVersion,
    User, Workspace, WorkspaceMembership,
)  # fmt: skip


@pytest.fixture(autouse=True)
def sandbox_is_offered(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def seed() -> None:
    call_command("seed_demo", verbosity=0)


def rows() -> dict[str, list[dict]]:
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in EVERYTHING
    }


def test_seeding_twice_changes_nothing():
    seed()
    before = rows()

    seed()

    assert rows() == before


def test_everyone_signs_in_with_the_printed_password():
    seed()

    for one in accounts.sign_ins():
        assert User.objects.get(email=one.email).check_password(one.password)


class NotingHasher(MD5PasswordHasher):
    """Notes how many transactions are open while it hashes."""

    algorithm = "noting"
    open_transactions: ClassVar[list[int]] = []

    def encode(self, password, salt):
        self.open_transactions.append(len(connection.savepoint_ids))
        return super().encode(password, salt)


def test_hashing_passwords_blocks_no_other_writer(settings):
    outside = len(connection.savepoint_ids)
    settings.PASSWORD_HASHERS = [f"{__name__}.NotingHasher"]
    NotingHasher.open_transactions.clear()

    seed()

    assert NotingHasher.open_transactions == [outside] * len(accounts.PEOPLE)


def test_there_is_a_member_of_each_kind():
    seed()

    kinds = [*PartnerMembership.objects.values_list("role", flat=True)]
    assert sorted(kinds) == ["admin", "developer", "support"]
    northwind = WorkspaceMembership.objects.filter(workspace__external_id="northwind")
    assert Counter(m.role for m in northwind) == {"admin": 1, "editor": 1, "viewer": 1}
    assert User.objects.get(is_staff=True).is_superuser


def test_the_plan_is_published_and_in_the_docs(client):
    seed()

    plan = PlanVersion.objects.get(stream__slug="postbox").plan
    assert plan == template("email").plan
    page = client.get("/docs/postbox/").text
    assert "<h3" in page
    assert "Email Link Clicked" in page


def test_the_first_feed_is_connected_to_the_sandbox_and_the_second_is_not():
    seed()

    connection = Connection.objects.get()
    assert connection.feed.workspace.external_id == "northwind"
    assert connection.region == "sandbox"
    assert open_write_key(connection).text == accounts.write_key(accounts.NORTHWIND)
    assert Feed.objects.count() == 2


def test_tokens_are_those_in_the_run_file():
    seed()

    assert PartnerToken.objects.get().digest == accounts.partner_token().digest
    for customer in accounts.CUSTOMERS:
        feed = Feed.objects.get(workspace__external_id=customer.external_id)
        assert feed.ingest_key_digest == accounts.ingest_key(customer).digest
        assert has_secret(feed.inbound_address, accounts.inbound_secret(customer))
        assert feed.inbound_address.public_id == accounts.inbound_id(customer)


def test_a_new_secret_key_creates_new_secrets_for_the_same_people(settings):
    seed()
    people = [user.pk for user in User.objects.order_by("pk")]

    settings.SECRET_KEY = "another"
    seed()

    assert [user.pk for user in User.objects.order_by("pk")] == people
    test_everyone_signs_in_with_the_printed_password()
    test_tokens_are_those_in_the_run_file()


def test_changes_to_the_connection_are_kept():
    seed()
    pause(connection=Connection.objects.get(), actor=None)

    seed()

    assert Connection.objects.get().status == Connection.Status.PAUSED


def test_a_revoked_token_works_again_at_the_next_start():
    seed()
    PartnerToken.objects.update(revoked_at=factories.NOW)

    seed()

    assert PartnerToken.objects.get().revoked_at is None


def test_nothing_is_seeded_if_https_is_on(settings):
    settings.HTTPS = True

    with pytest.raises(CommandError, match="HTTPS is on"):
        seed()

    assert not User.objects.exists()


def test_nothing_is_seeded_beside_real_partners():
    factories.partner()

    with pytest.raises(CommandError, match="Real partners exist"):
        seed()

    assert not User.objects.exists()


def test_force_seeds_nevertheless(settings):
    settings.HTTPS = True

    call_command("seed_demo", "--force", verbosity=0)

    assert seeding.obstacle() is not None
    assert Partner.objects.get().slug == "postbox"


def test_without_a_sandbox_it_says_what_is_missing(settings):
    settings.SANDBOX_URL = ""

    with pytest.raises(CommandError, match="SANDBOX_URL is not set"):
        seed()

    assert not User.objects.exists()


def test_the_stream_is_live_and_its_activity_log_says_how():
    seed()

    stream = Stream.objects.get(slug="postbox")
    told = AuditEntry.objects.of_stream(stream).order_by("pk")
    moves = told.filter(action__in=BROUGHT_BY.values())
    assert stream.stage == "live"
    assert list(moves.values_list("action", "actor__name")) == [
        ("stream.created", None),
        ("stream.submitted", "Petra"),
        ("stream.approved", "Olga"),
        ("stream.qa_started", "Petra"),
        ("stream.went_live", "Olga"),
    ]
    assert mail.outbox == []


def test_a_stage_that_someone_chose_is_kept():
    seed()
    stream = Stream.objects.get(slug="postbox")
    suspend(stream=stream, reason="To see it.", actor=None)

    seed()

    stream.refresh_from_db()
    assert stream.stage == "suspended"


def test_a_second_stream_waits_for_an_operators_review(client):
    seed()

    stream = Stream.objects.get(slug="postbox-surveys")
    submission = stream.submissions.get()
    assert stream.stage == "submitted"
    assert [task.title for task in preparation(stream) if not task.done] == []
    assert submission.submitted_by.name == "Petra"
    assert submission.plan_version.plan == template("surveys").plan
    assert submission.build_on < submission.qa_on < submission.launch_on
    assert submission.notes
    client.force_login(User.objects.get(is_staff=True))
    queue = client.get("/admin/").text
    assert "Postbox Surveys" in queue
    assert "Submission of Postbox" in queue


@pytest.mark.parametrize(
    ("decide", "stage"), [(approve, "approved"), (send_back, "draft")]
)
def test_an_operators_decision_on_the_second_stream_is_kept(decide, stage):
    seed()
    stream = Stream.objects.get(slug="postbox-surveys")
    decide(stream=stream, comment="To try it.", actor=None)

    seed()

    stream.refresh_from_db()
    assert stream.stage == stage
