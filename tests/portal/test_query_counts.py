"""A list takes the same number of queries for 1 row and for 3."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from streams.audit.services import record
from streams.catalog.plans.authoring.editing import added
from streams.catalog.plans.plan import PlannedEvent
from streams.catalog.plans.services import change_draft, drafted_plan
from streams.tenancy.models import WorkspaceMembership
from tests import factories


def add_event(cast):
    factories.append(cast.feed)


def add_delivery(cast):
    here = cast.feed.connections.first() or factories.connection(cast.feed)
    cursor = here.cursors.first() or factories.cursor(here)
    factories.delivery(cursor, 1, 1)


def add_replay(cast):
    here = cast.feed.connections.first() or factories.connection(cast.feed)
    live = here.cursors.first() or factories.cursor(here)
    factories.replay(
        live, end=3, due_at=None, ended_at=factories.NOW, requested_by=factories.user()
    )


def add_member(cast):
    factories.member(cast.workspace)


def add_partner_member(cast):
    factories.partner_member(cast.partner)


def add_workspace(cast):
    feed = factories.feed(cast.stream, factories.workspace(cast.partner))
    factories.due_cursor(2, factories.connection(feed))


def add_stream(cast):
    factories.stream(cast.partner)


def add_token(cast):
    factories.token(cast.stream, created_by=factories.user())


def add_planned_event(cast):
    number = len(drafted_plan(cast.stream).events)
    change_draft(
        stream=cast.stream,
        change=lambda plan: added(plan, [PlannedEvent(name=f"Sent {'ABC'[number]}")]),
        what="",
        actor=None,
    )


def add_plan_version(cast):
    number = cast.stream.plan_versions.count() + 1
    factories.published_plan(
        cast.stream, "Sent", number=number, published_by=factories.user()
    )


def add_entry(cast):
    record("stream.approved", actor=factories.user(), workspace=cast.workspace)


def add_membership(cast):
    WorkspaceMembership.objects.create(
        workspace=factories.workspace(), user=cast.petra, role="viewer"
    )


def add_notice(cast):
    alert = factories.alert(to=cast.petra)
    WorkspaceMembership.objects.create(
        workspace=alert.workspace, user=cast.petra, role="admin"
    )
    factories.in_inbox(alert, cast.petra)


def add_endpoint(cast):
    factories.webhook_endpoint(cast.partner)


def add_sent_notice(cast):
    WorkspaceMembership.objects.get_or_create(
        workspace=cast.workspace, user=cast.petra, role="admin"
    )
    here = cast.feed.connections.first() or factories.connection(cast.feed)
    over = {"closed_at": factories.NOW}
    alert = factories.alert(here, to=factories.user(), **over)
    factories.in_inbox(alert, factories.user())


@pytest.mark.parametrize(
    ("page", "add"),
    [
        ("partner-stream-plan-versions", add_plan_version),
        ("partner-stream-plan", add_planned_event),
        ("partner-stream-plan-spec", add_planned_event),
        ("overview", add_event),
        ("events", add_event),
        ("attempts", add_delivery),
        ("replays", add_replay),
        ("members", add_member),
        ("partner", add_workspace),
        ("partner-streams", add_stream),
        ("partner-tokens", add_token),
        ("partner-activity", add_entry),
        ("partner-members", add_partner_member),
        ("partner-webhooks", add_endpoint),
        ("home", add_membership),
        ("inbox", add_notice),
        ("notice-delivery", add_sent_notice),
    ],
)
def test_another_row_takes_no_more_queries(as_petra, cast, page, add):
    args = {
        "home": [],
        "inbox": [],
        "partner": [cast.partner.slug],
    }.get(page.split("-")[0], [cast.workspace.public_id])
    if page.startswith("partner-stream-"):
        args = [cast.partner.slug, cast.stream.slug]
    url = reverse(f"portal:{page}", args=args)

    add(cast)
    one = queries(as_petra, url)
    add(cast)
    add(cast)

    assert queries(as_petra, url) == one


def queries(client, url: str) -> int:
    with CaptureQueriesContext(database) as captured:
        assert client.get(url).status_code == 200
    return len(captured)
