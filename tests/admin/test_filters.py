"""Lists can be narrowed to a workspace, a connection and a time."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from streams.admin.shared.links import page_url
from streams.audit.services import record
from streams.base.clock import now
from streams.catalog.validation.rules import RULES
from streams.delivery.connection.status import pause
from streams.delivery.models import Delivery
from streams.observability.issues.faults import GRAVEST_FIRST, faults
from streams.observability.issues.models import IssueKind
from streams.observability.issues.queries import IssueScope, issue_groups
from tests import factories

pytestmark = pytest.mark.django_db


def listed(staff, name, **query):
    response = staff.get(reverse(f"admin:streams_{name}_changelist", query=query))
    assert response.status_code == 200, response.url
    return list(response.context["cl"].result_list)


def test_access_by_the_operator_includes_viewing_the_portal_as_someone(staff):
    actions = ["impersonation.ended", "impersonation.started"]
    for action in actions:
        record(action, actor=None)

    found = listed(staff, "auditentry", kind="support")

    assert sorted(one.action for one in found) == actions


def test_the_activity_log_is_narrowed_to_a_kind_and_then_to_an_activity(staff):
    factories.connection()
    connection = factories.due_cursor(1).connection
    pause(connection=connection, actor=None)
    address = reverse("admin:streams_auditentry_changelist")

    every = staff.get(address).text
    kind = staff.get(address, {"kind": "connections"}).text

    assert [one.action for one in listed(staff, "auditentry", kind="connections")] == [
        "connection.paused"
    ]
    assert listed(staff, "auditentry", kind="streams") == []
    assert "action=connection.paused" not in every
    assert "action=connection.paused" in kind


@pytest.mark.parametrize(
    "name",
    [
        "connection",
        "cursor",
        "delivery",
        "feed",
        "issuekind",
        "rejection",
        "auditentry",
    ],
)
def test_a_list_is_narrowed_to_one_workspace(staff, name):
    partner = factories.partner()
    # Two partners may use the same external ID.
    feeds = [
        factories.feed(workspace=factories.workspace(owner, external_id="7"))
        for owner in (partner, factories.partner())
    ]
    for feed in feeds:
        cursor = factories.due_cursor(1, factories.connection(feed))
        factories.rejected(cursor)
        factories.found(feed)
        pause(connection=cursor.connection, actor=None)

    found = listed(staff, name, workspace=feeds[0].workspace.public_id)

    assert len(found) == 1
    assert listed(staff, name, workspace="unknown") == []
    assert len(listed(staff, name)) >= 2


def test_an_issue_has_one_entry_that_leads_to_its_workspaces(staff):
    feed = factories.feed()
    factories.found(feed, "Mail Opened")
    factories.found(feed, "Mail Sent")
    factories.found(factories.feed(feed.stream), "Mail Sent")
    url = reverse("admin:streams_issuekind_changelist")

    opened, sent = sorted(listed(staff, "issuekind"), key=lambda kind: kind.name)
    page = staff.get(url).text

    assert {(kind.stream, kind.name) for kind in (sent, opened)} == {
        (feed.stream, "Mail Sent"),
        (feed.stream, "Mail Opened"),
    }
    assert f'href="{url}?issue={sent.pk}">2</a>' in page
    assert len(listed(staff, "issuekind", issue=sent.pk)) == 2
    assert page.count(f">{feed.workspace}</a>") == 1


def test_an_issue_has_its_title_and_leads_to_its_stream_and_its_events(staff):
    feed = factories.feed()
    factories.found(feed, "Mail Sent")
    of_stream = IssueKind.objects.get(feed=None)
    of_feed = IssueKind.objects.get(feed=feed)
    events = reverse("admin:streams_feed_events", args=[feed.pk])

    shown = staff.get(reverse("admin:streams_issuekind_changelist")).text
    pages = [
        staff.get(reverse("admin:streams_issuekind_change", args=[one.pk])).text
        for one in (of_stream, of_feed)
    ]

    assert all(RULES[of_feed.rule].title in page for page in (shown, *pages))
    stream = reverse("admin:streams_stream_change", args=[feed.stream.pk])
    assert all(f'href="{stream}"' in page for page in pages)
    query = f"name=Mail+Sent&amp;rule={of_feed.rule}"
    assert all(f'href="{events}?{query}"' in page for page in pages)


def test_issues_of_one_fault_are_one_row_with_the_portals_figure_errors_first(staff):
    feed, moment = factories.feed(), now()
    issues = [
        RULES[rule].issue("event", "No such event.", "Add it.")
        for rule in ("SPEC-PROPERTY-001", "SPEC-NAME-005", "PLAN-EVENT-001")
    ]
    for issue, events in zip(issues, (9, 2, 3), strict=True):
        factories.found(feed, issue=issue, events=events, at=moment)
    url = reverse("admin:streams_issuekind_changelist")

    rows = listed(staff, "issuekind")
    [of_stream] = faults(issue_groups(IssueScope(stream_id=feed.stream_id), moment))[:1]

    severities = [kind.severity for kind in rows]
    assert severities == sorted(severities, key=GRAVEST_FIRST.index)
    assert len(rows) == 2
    [shown] = [kind for kind in rows if kind.rule == "PLAN-EVENT-001"]
    assert (shown.trend.day, shown.rules) == (3, of_stream.rules)
    assert of_stream.day == 3
    assert [kind.rule for kind in listed(staff, "issuekind", q="SPEC-NAME-005")] == [
        "SPEC-NAME-005"
    ]
    assert "PLAN-EVENT-001, SPEC-NAME-005" in staff.get(url).text


def test_the_page_of_a_partner_counts_its_refused_requests_by_key(staff):
    stream, other = factories.stream(), factories.stream()
    token, _secret = factories.token(stream)
    elsewhere, _secret = factories.token(other, name="Elsewhere")
    factories.refused_requests(f"token:{token.pk}", stream, 401, count=1_200)
    factories.refused_requests(f"token:{elsewhere.pk}", other, 413, count=3)
    url = reverse("admin:streams_partner_change", args=[stream.partner.pk])

    page = unescape(staff.get(url).text)

    assert f"API token “Production” ({token.hint}…): status 401, 1,200 requests" in page
    assert "Elsewhere" not in page
    every = unescape(staff.get(reverse("admin:refused-requests")).text)
    assert f"API token “Production” ({token.hint}…)" in every
    assert f"API token “Elsewhere” ({elsewhere.hint}…)" in every
    assert other.partner.name in every


def test_an_issue_by_workspace_lists_the_workspaces_with_their_counts(staff):
    feed = factories.feed()
    other = factories.feed(feed.stream)
    factories.found(feed, events=2, at=now())
    factories.found(other, events=1, at=now())
    of_stream = IssueKind.objects.get(feed=None)
    url = reverse("admin:streams_issuekind_changelist")

    page = staff.get(url, {"issue": of_stream.pk})

    rows = page.context["cl"].result_list
    assert {(kind.feed, kind.trend.day) for kind in rows} == {(feed, 2), (other, 1)}
    assert [*page.context["cl"].list_display[:2]] == ["workspace_name", "title"]


def test_issues_are_found_by_the_external_id_of_a_workspace(staff):
    feed = factories.feed()
    factories.found(feed)
    factories.found(factories.feed(feed.stream))

    found = listed(staff, "issuekind", q=feed.workspace.external_id)

    assert [kind.feed for kind in found] == [feed]


def test_attempts_are_narrowed_to_one_connection_of_a_workspace(staff):
    old = factories.connection(deleted_at=factories.NOW)
    new = factories.connection(old.feed)
    attempts = {
        one: factories.delivery(factories.cursor(one), 1, 1) for one in (old, new)
    }

    assert listed(staff, "delivery", connection=new.public_id) == [attempts[new]]
    both = listed(staff, "delivery", workspace=old.feed.workspace.public_id)
    assert set(both) == set(attempts.values())


@pytest.mark.parametrize("of", ["partner", "stream"])
def test_a_partner_and_a_stream_link_to_their_feeds_attempts_and_rejected_events(
    staff, of
):
    for _ in range(2):
        cursor = factories.due_cursor(events=2)
        factories.rejected(cursor)
        factories.delivery(cursor, 1, 1)
    row = cursor.stream if of == "stream" else cursor.stream.partner
    page = staff.get(page_url(row))
    links = dict(re.findall(r'<a href="([^"]+\?[^"]+)">([^<]+)</a>', page.text))
    targets = {text: unescape(url) for url, text in links.items()}

    for text in (
        "Feeds and their events", "Connections", "Delivery attempts", "Rejected events",
    ):  # fmt: skip
        shown = staff.get(targets[text]).context["cl"].result_list
        assert {scope_of(one, of) for one in shown} == {row}, text


def scope_of(row, of):
    """Return the partner or the stream of a row."""
    feed = getattr(row, "connection", None) or row
    stream = getattr(feed, "feed", feed).stream
    return stream if of == "stream" else stream.partner


def attempts_at(*ages):
    cursor = factories.due_cursor(events=1)
    return [
        factories.delivery(cursor, 1, 1, started_at=now() - timedelta(hours=age))
        for age in ages
    ]


@pytest.mark.parametrize(("period", "count"), [("1h", 1), ("24h", 2), ("7d", 3)])
def test_attempts_are_filtered_by_a_preset(staff, period, count):
    oldest_first = attempts_at(300, 100, 20, 0)

    assert listed(staff, "delivery", period=period) == oldest_first[::-1][:count]


def test_attempts_are_filtered_by_two_times_in_utc(staff):
    attempts = attempts_at(5, 4, 3, 2, 1)
    since, until = (
        f"{attempts[n].started_at + timedelta(minutes=30):%Y-%m-%dT%H:%M}"
        for n in (0, 3)
    )

    assert listed(staff, "delivery", since=since, until=until) == attempts[3:0:-1]


def test_rows_before_a_time_are_found_without_a_scan_of_the_newer_ones(
    staff, monkeypatch
):
    monkeypatch.setattr("streams.admin.shared.append_only.SCAN", 2)
    [old, *_newer] = attempts_at(50, *[1] * 20)
    until = f"{old.started_at + timedelta(hours=1):%Y-%m-%dT%H:%M}"

    assert listed(staff, "delivery", until=until) == [old]


def test_a_time_that_is_not_one_is_refused_with_a_message(staff):
    page = staff.get(reverse("admin:streams_delivery_changelist", query={"since": "x"}))

    assert "Enter a valid date/time." in page.text


def test_outcomes_are_badges_in_the_portals_colors(staff):
    cursor = factories.due_cursor(events=1)
    for outcome in Delivery.Outcome:
        factories.delivery(cursor, 1, 1, outcome=outcome)

    page = staff.get(reverse("admin:streams_delivery_changelist")).text

    for tone, word in (
        ("good", "Delivered"), ("", "Split and resent"), ("bad", "Rejected"),
        ("warn", "Retrying"), ("bad", "Needs attention"),
    ):  # fmt: skip
        assert f'<span class="badge {tone}">{word}</span>' in page


def test_a_workspace_says_why_its_events_wait_and_leads_to_them(staff):
    cursor = factories.due_cursor(events=3)
    feed, connection = cursor.feed, cursor.connection
    pause(connection=connection, actor=None, reason="Their server floods us.")

    page = staff.get(
        reverse("admin:streams_workspace_change", args=[feed.workspace_id])
    )

    assert "Paused by an operator: Their server floods us." in page.text
    links = [
        reverse("admin:streams_feed_change", args=[feed.pk]),
        reverse("admin:streams_feed_events", args=[feed.pk]),
        reverse("admin:streams_connection_change", args=[connection.pk]),
        reverse(
            "admin:streams_delivery_changelist",
            query={"connection": connection.public_id},
        ),
    ]
    for url in links:
        assert f'href="{url}"' in page.text
        assert staff.get(url).status_code == 200


@pytest.mark.parametrize(
    ("of", "fields", "word", "of_connection"),
    [
        ("connection", {}, "Not verified", "Not verified"),
        ("connection", {"deleted_at": factories.NOW}, "Not connected", "Deleted"),
        ("connection", {"status": "attention"}, "Needs attention", "Needs attention"),
        ("cursor", {"failures": 3}, "Retrying", "Retrying"),
        ("stream", {"stage": "suspended"}, "Suspended", "Suspended"),
    ],
)
def test_a_workspace_an_event_and_a_connection_have_the_same_status(
    staff, of, fields, word, of_connection
):
    cursor = factories.due_cursor(3, factories.connection(region="us"))
    row = {"cursor": cursor, "connection": cursor.connection, "stream": cursor.stream}[
        of
    ]
    type(row).objects.filter(pk=row.pk).update(**fields)

    workspace, event, connection = (
        staff.get(reverse(f"admin:streams_{name}", args=args))
        for name, args in (
            ("workspace_change", [cursor.feed.workspace_id]),
            ("feed_event", [cursor.feed_id, cursor.position + 1]),
            ("connection_change", [cursor.connection_id]),
        )
    )

    assert [delivery.word for delivery in workspace.context["deliveries"]] == [word]
    assert event.context["delivery"].word == word
    assert f">{of_connection}</span>" in connection.text


def test_all_failed_attempts_are_one_filter(staff):
    cursor = factories.due_cursor(events=1)
    failed = {
        factories.delivery(cursor, 1, 1, status_code=code) for code in (None, 400, 503)
    }
    factories.delivery(cursor, 1, 1, status_code=200)

    assert set(listed(staff, "delivery", status="failed")) == failed
