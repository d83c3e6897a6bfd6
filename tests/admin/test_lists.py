"""Lists stay fast: the same queries for 1 row and 3, no count, and a bounded search."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.admin.shared import append_only
from streams.audit.services import record
from streams.delivery.models import Delivery
from tests import factories

pytestmark = pytest.mark.django_db


def listed(staff, name, **query):
    """Return the rows of a list, and the list."""
    response = staff.get(reverse(f"admin:streams_{name}_changelist", query=query))
    assert response.status_code == 200, response.url
    changes = response.context["cl"]
    return list(changes.result_list), changes


def feeds(count):
    """Create feeds with a row of everything."""
    for _ in range(count):
        cursor = factories.due_cursor(events=2)
        factories.rejected(cursor)
        factories.delivered(cursor, 2)
        factories.token(cursor.stream)
        factories.found(cursor.feed)
        factories.published_plan(
            cursor.stream, "Email Opened", published_by=factories.user()
        )
        factories.replay(cursor, requested_by=factories.user())
        record("feed.opened", actor=factories.user(), workspace=cursor.feed.workspace)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("auditentry", 6), ("connection", 9), ("cursor", 7), ("delivery", 4),
        ("feed", 12), ("issuekind", 9), ("partner", 6), ("partnertoken", 7), ("planversion", 6),
        ("rejection", 4), ("replay", 5), ("stream", 7), ("workspace", 14),
    ],
)  # fmt: skip
def test_a_list_takes_the_same_queries_for_1_row_and_for_3(
    staff, name, queries, count, django_assert_num_queries
):
    feeds(count)
    address = reverse(f"admin:streams_{name}_changelist")

    with django_assert_num_queries(queries):
        response = staff.get(address)

    times = 2 if name in ("cursor", "delivery") else 1
    assert len(response.context["cl"].result_list) == count * times


@pytest.mark.parametrize("name", ["auditentry", "delivery", "rejection"])
def test_large_tables_are_never_counted(staff, name, django_assert_max_num_queries):
    feeds(1)

    with django_assert_max_num_queries(10) as queries:
        staff.get(reverse(f"admin:streams_{name}_changelist"))

    assert not [q for q in queries.captured_queries if "COUNT(" in q["sql"].upper()]


def test_the_next_page_starts_below_the_last_row_of_this_one(staff, monkeypatch):
    monkeypatch.setattr(
        "streams.admin.shared.append_only.HistoryAdmin.list_per_page", 2
    )
    cursor = factories.due_cursor(events=5)
    made = [factories.delivered(cursor, seq) for seq in (1, 2, 3, 4, 5)]

    first, changes = listed(staff, "delivery")
    assert (first, changes.older) == ([made[4], made[3]], f"?before={made[3].pk}")

    last, changes = listed(staff, "delivery", before=made[1].pk)
    assert (last, changes.older) == ([made[0]], "")


def test_a_filter_examines_a_bounded_number_of_rows_and_says_how_far_it_got(
    staff, monkeypatch
):
    monkeypatch.setattr(append_only, "SCAN", 2)
    cursor = factories.due_cursor(events=1)
    retry = factories.delivery(cursor, 1, 1, outcome=Delivery.Outcome.RETRY)
    others = [factories.delivery(cursor, 1, 1) for _ in range(4)]

    found, changes = listed(staff, "delivery", outcome__exact="retry")
    assert (found, changes.searched_to) == ([], others[1].pk)
    assert changes.older == f"?before={others[1].pk}&outcome__exact=retry"

    found, changes = listed(
        staff, "delivery", outcome__exact="retry", before=others[1].pk
    )
    assert (found, changes.older) == ([retry], "")


def test_the_activity_log_is_searched_by_actor(staff):
    ada, eve = factories.user("ada@example.com"), factories.user("eve@example.com")
    for actor in (ada, eve):
        record("workspace.created", actor=actor, workspace=factories.workspace())

    page = staff.get(
        reverse("admin:streams_auditentry_changelist"), {"q": "Ada@example.com"}
    )

    assert [entry.actor for entry in page.context["cl"].result_list] == [ada]


def test_the_activity_log_is_searched_by_the_name_of_a_workspace_or_partner(staff):
    workspace = factories.workspace(name="Fern & Field")
    record("workspace.created", actor=None, workspace=workspace)
    record("partner.created", actor=None, partner=workspace.partner)
    record("workspace.created", actor=None, workspace=factories.workspace())

    of_workspace, _ = listed(staff, "auditentry", q="fern & field")
    of_partner, _ = listed(staff, "auditentry", q=workspace.partner.name.upper())

    assert {entry.workspace for entry in of_workspace} == {workspace}
    assert "partner.created" in {entry.action for entry in of_partner}


def test_the_activity_log_is_searched_by_the_start_of_a_name(staff):
    named = factories.workspace(name="Northwind Traders")
    record("workspace.created", actor=None, workspace=named)
    record("workspace.created", actor=None, workspace=factories.workspace())

    found, _ = listed(staff, "auditentry", q="northwind")
    nothing, _ = listed(staff, "auditentry", q="wind")

    assert {entry.workspace for entry in found} == {named}
    assert nothing == []


def test_the_whole_name_is_found_although_many_names_start_with_it(staff):
    named = factories.workspace(name="Fern")
    record("workspace.created", actor=None, workspace=named)
    for number in range(6):
        factories.workspace(named.partner, name=f"Fern {number}")

    found, _ = listed(staff, "auditentry", q="Fern")

    assert [entry.workspace for entry in found] == [named]


def test_the_activity_log_says_what_each_object_is(staff):
    stream = factories.stream(factories.partner(name="Postbox"), slug="postbox")
    record("stream.approved", actor=None, partner=stream.partner, stream=stream.slug)

    page = staff.get(reverse("admin:streams_auditentry_changelist")).text

    assert "Stream: postbox · Partner: Postbox" in page


def test_a_filter_bounds_its_scan_within_the_search_results(staff, monkeypatch):
    monkeypatch.setattr(append_only, "SCAN", 2)
    cursor = factories.due_cursor(events=1)
    retry = factories.delivery(cursor, 1, 1, outcome=Delivery.Outcome.RETRY)
    other = factories.due_cursor(events=1)
    for _ in range(4):
        factories.delivery(other, 1, 1)

    found, _ = listed(
        staff, "delivery", outcome__exact="retry", q=cursor.connection.public_id
    )

    assert found == [retry]


def test_delivery_attempts_are_found_by_connection_and_by_workspace(staff):
    cursor, other = factories.due_cursor(events=1), factories.due_cursor(events=1)
    mine = factories.delivered(cursor, 1)
    factories.delivered(other, 1)

    workspace = cursor.feed.workspace
    for term in (
        cursor.connection.public_id, workspace.external_id, workspace.public_id,
    ):  # fmt: skip
        assert listed(staff, "delivery", q=term)[0] == [mine]
    assert listed(staff, "delivery", q="nobody")[0] == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("200", 200), ("too-large", 413), ("refused-key", 401), ("too-many", 429),
        ("5xx", 503), ("none", None),
    ],
)  # fmt: skip
def test_delivery_attempts_are_filtered_by_status_code(staff, kind, status):
    cursor = factories.due_cursor(events=1)
    made = {
        code: factories.delivery(cursor, 1, 1, status_code=code)
        for code in (200, 413, 401, 429, 503, None)
    }

    found, _ = listed(staff, "delivery", status=kind)

    assert found == [made[status]]


def test_delivery_attempts_are_filtered_by_region(staff):
    us, sandbox = (
        factories.due_cursor(1, factories.connection(region=region))
        for region in ("us", "sandbox")
    )
    factories.delivered(sandbox, 1)
    taken = factories.delivered(us, 1)

    assert listed(staff, "delivery", connection__region__exact="us")[0] == [taken]


def test_feeds_show_their_ledger(staff):
    cursor = factories.due_cursor(events=1234)
    factories.rejected(cursor)
    factories.delivered(cursor, 1200)

    page = staff.get(reverse("admin:streams_feed_changelist")).content.decode()

    for column, count in (
        ("accepted", 1234), ("delivered", 1199), ("rejected", 1), ("filtered", 0),
        ("expired_events", 0), ("queued", 34),
    ):  # fmt: skip
        assert f'<td class="field-{column}">{count}</td>' in page


def test_notices_are_found_by_the_email_of_their_recipient(staff):
    eve = factories.user("eve@fern.example")
    notice = factories.alert(to=eve).notices.get()
    factories.alert()

    assert listed(staff, "notice", q="Eve@fern.example")[0] == [notice]
    assert listed(staff, "notice", q="bob@fern.example")[0] == []


def test_connections_that_need_attention_have_the_largest_queue_first(staff):
    small, large, none = (
        factories.connection(status="attention", status_reason=f"{name} key.")
        for name in ("A", "B", "C")
    )
    factories.due_cursor(1, small)
    factories.due_cursor(3, large)

    rows, _ = listed(staff, "connection", state="attention")
    page = staff.get(reverse("admin:streams_connection_changelist"))

    assert rows == [large, small, none]
    assert '<td class="field-reason">B key.</td>' in page.text


def test_the_list_of_replays_says_who_starts_one_and_where(staff):
    page = staff.get(reverse("admin:streams_replay_changelist")).text

    assert "start replays on its Replays page in the portal" in page


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("partnertoken", "Admins of a partner create API tokens in the portal."),
        ("connection", "Members of a workspace connect it to Segment in the portal."),
        ("delivery", "Attempts appear when events are sent to Segment."),
    ],
)
def test_an_empty_list_says_where_its_rows_come_from(staff, name, text):
    page = staff.get(reverse(f"admin:streams_{name}_changelist")).text

    assert text in page
