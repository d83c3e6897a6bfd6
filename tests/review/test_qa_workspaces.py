from __future__ import annotations

import pytest

from streams.audit.models import AuditEntry
from streams.connections.models import Connection
from streams.connections.regions import Region
from streams.delivery.limits.send_policy import sendable_cursors
from streams.review.qa.workspaces import (
    MAX_TEST_WORKSPACES,
    TooManyTestWorkspaces,
    prepare,
    test_feeds,
)
from streams.tenancy.models import Workspace
from streams.tenancy.services import ExternalIdTaken
from tests import factories

pytestmark = pytest.mark.django_db
feeds_of_tests = test_feeds
del test_feeds  # pytest would collect it as a test


@pytest.fixture
def stream(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    return factories.stream(stage="draft")


def standing(stream) -> list[tuple[str, str]]:
    found = Connection.objects.current().filter(feed__in=feeds_of_tests(stream))
    return sorted(found.values_list("feed__workspace__external_id", "region"))


def test_one_click_creates_a_test_workspace_for_each_region(stream):
    prepare(stream=stream, actor=None)

    assert standing(stream) == [
        ("qa-eu", Region.SANDBOX_EU), ("qa-us", Region.SANDBOX),
    ]  # fmt: skip
    made = AuditEntry.objects.filter(action="workspace.created")
    assert [entry.detail["is_test"] for entry in made] == [True, True]


def test_existing_workspaces_stay_and_deleted_ones_are_created_again(stream):
    prepare(stream=stream, actor=None)
    us, eu = Connection.objects.order_by("pk")
    Connection.objects.filter(pk=eu.pk).update(deleted_at=factories.NOW)

    prepare(stream=stream, actor=None)

    assert Workspace.objects.count() == 2
    assert [region for _, region in standing(stream)] == ["sandbox-eu", "sandbox"]
    assert Connection.objects.current().filter(pk=us.pk).exists()


def test_another_stream_of_the_partner_uses_the_same_workspaces(stream):
    other = factories.stream(stream.partner)
    prepare(stream=stream, actor=None)

    prepare(stream=other, actor=None)

    assert Workspace.objects.count() == 2
    assert len(standing(other)) == len(standing(stream)) == 2


def test_they_receive_events_before_the_stream_is_approved(stream):
    prepare(stream=stream, actor=None)
    for feed in feeds_of_tests(stream):
        factories.append(feed)

    assert sendable_cursors(factories.NOW).count() == 2


def test_without_a_sandbox_they_need_keys(stream, settings):
    settings.SANDBOX_URL = ""

    prepare(stream=stream, actor=None)

    assert len(feeds_of_tests(stream)) == 2
    assert standing(stream) == []


def test_a_partner_has_ten_at_most(stream):
    for _ in range(MAX_TEST_WORKSPACES - 1):
        factories.workspace(stream.partner, is_test=True)

    with pytest.raises(
        TooManyTestWorkspaces, match="has 9 test workspaces, and the limit is 10"
    ):
        prepare(stream=stream, actor=None)

    assert stream.partner.workspaces.count() == MAX_TEST_WORKSPACES - 1


def test_a_customer_with_that_id_is_left_alone(stream):
    customer = factories.workspace(stream.partner, external_id="qa-us")

    with pytest.raises(ExternalIdTaken, match="qa-us"):
        prepare(stream=stream, actor=None)

    customer.refresh_from_db()
    assert not customer.is_test
    assert not customer.feeds.exists()
