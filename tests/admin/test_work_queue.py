"""The admin's first page: what waits for an operator, each with a link."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from streams.admin.home.model_groups import GROUPS
from streams.admin.home.recent import measured
from streams.alerts.webhooks.models import WebhookEndpoint
from streams.base.clock import now
from streams.base.outbox import BACKEND
from streams.connections.models import Connection
from streams.connections.write_keys import UNREADABLE
from streams.delivery import quarantine_jobs
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.delivery.quarantine_decisions import decide
from streams.events.models import QuarantinedEvent, QuarantineJob
from streams.events.quarantine import QuarantineFilter
from streams.observability.work_figures.models import StoredFigures
from streams.observability.work_figures.store import MAX_AGE, store_figures
from streams.review.services import Timeline, submit, suspend
from tests import factories
from tests.admin.registered_models import registered

pytestmark = pytest.mark.django_db


def submitted_stream():
    stream = factories.stream(stage="draft", name="Postbox")
    factories.published_plan(stream, "Email Opened")
    factories.published_pages(stream)
    day = date(2026, 4, 1)
    timeline = Timeline(build_on=day, qa_on=day, launch_on=day)
    submit(stream=stream, timeline=timeline, actor=None)


def suspended_stream():
    suspend(stream=factories.stream(), reason="It sends passwords.", actor=None)


def connections(**fields):
    def create():
        factories.connection(factories.feed(), status_at=now(), **fields)

    return create


def growing_queue():
    """A feed that was sent completely an hour ago and has received three events since."""
    cursor = factories.cursor(factories.connection())
    factories.append(cursor.feed, 3, now=now())


def failed_quarantine_job():
    """A rename of an event that the database has damaged."""
    feed = factories.feed()
    factories.published_plan(feed.stream, "Email Opened")
    factories.quarantined(feed, 1, event="Mail Opened")
    QuarantinedEvent.objects.update(payload=b"{")
    held = QuarantineFilter(name="Mail Opened")
    rename = {"action": QuarantineJob.Action.RENAME, "new_name": "Email Opened"}
    decide(feeds=[feed], held=held, actor=None, **rename)
    quarantine_jobs.work(lambda: False)


def long_export():
    asked = now() - timedelta(minutes=11)
    feed = factories.feed()
    factories.export(feed, requested_at=asked, state="running", ended_at=None)


def long_quarantine_job():
    QuarantineJob.objects.create(
        feed=factories.feed(),
        action=QuarantineJob.Action.RELEASE,
        events=3,
        last_id=3,
        requested_at=now() - timedelta(minutes=11),
    )


def failing_webhook():
    endpoint, _ = factories.webhook_endpoint(factories.workspace())
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        failing_since=now() - timedelta(hours=25)
    )


CASES = {
    "Exports in progress for over 10 minutes": long_export,
    "Actions on quarantined events in progress for over 10 minutes": long_quarantine_job,
    "Failed actions on quarantined events": failed_quarantine_job,
    "Awaiting review": submitted_stream,
    "Suspended streams": suspended_stream,
    "Active halts": lambda: Halt.objects.create(reason="Fire drill."),
    "Connections whose write key can't be read": connections(status_reason=UNREADABLE),
    "Connections that need attention": connections(
        status=Connection.Status.ATTENTION, status_reason="Segment rejected the key."
    ),
    "Paused by an operator": connections(
        status=Connection.Status.PAUSED, status_reason="Their server floods us."
    ),
    "Events about to expire": lambda: factories.due_cursor(events=2),
    "Growing queues": growing_queue,
    "Failing webhook endpoints": failing_webhook,
}


def sections(client):
    page = client.get(reverse("admin:index"))
    return {s.title: s for s in page.context["work"]}, page.text


def health(page):
    """Return the line about the portal's health."""
    [line] = re.findall(r'<p class="health".*?</p>', page.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", line).split())


@pytest.fixture(autouse=True)
def _nothing_cached():
    forget_cached()


def forget_cached():
    """Figures are kept for a minute, longer than a test."""
    measured.forget()


def test_nothing_waits_in_an_empty_portal(staff):
    assert "Nothing is waiting for you." in sections(staff)[1]


def test_the_first_line_says_that_all_is_well_or_which_part_fails(staff):
    fine = staff.get(reverse("admin:index"))
    factories.due_cursor()  # since March, and no worker runs
    forget_cached()

    broken = staff.get(reverse("admin:index"))

    assert health(fine) == "Ready All checks of readiness pass. View details"
    assert health(broken) == (
        "Not ready A check of readiness fails: oldest_due. View details and what to do"
    )
    for page in (fine, broken):
        assert f'href="{reverse("api:ready-details")}"' in page.text


def test_only_superusers_get_the_link_to_kept_emails(client, settings):
    settings.MAILERS = {"default": {"BACKEND": BACKEND, "OPTIONS": {"file_path": "x"}}}
    for is_superuser, shown in ((True, 1), (False, 0)):
        person = factories.user(is_staff=True, is_superuser=is_superuser)
        client.force_login(person)
        page = client.get(reverse("admin:index"))
        assert page.text.count(f'href="{reverse("outbox")}"') == shown


def test_the_first_page_leads_to_the_guide_of_operators(staff):
    guide = reverse("docs:guide", args=["operators"])

    assert f'<a href="{guide}">Operator guide</a>' in sections(staff)[1]
    assert staff.get(guide).status_code == 200


def test_no_link_leads_to_an_outbox_that_does_not_exist(staff):
    assert reverse("outbox") not in sections(staff)[1]


@pytest.mark.parametrize("title", CASES)
def test_each_kind_of_work_is_listed_with_links_that_work(staff, title):
    CASES[title]()

    found, page = sections(staff)

    section = found[title]
    assert (section.count, len(section.items)) == (1, 1)
    for url in (section.url, section.items[0].url):
        assert f'href="{url}"'.replace("&", "&amp;") in page
        assert staff.get(url).status_code == 200, url
    if "changelist" in staff.get(section.url).resolver_match.url_name:
        assert len(staff.get(section.url).context["cl"].result_list) == 1


@pytest.mark.parametrize("title", CASES)
def test_stored_figures_show_the_same_as_measured_ones(staff, title):
    CASES[title]()
    shown = sections(staff)[0][title]

    store_figures(now())

    assert sections(staff)[0][title] == shown


def test_a_page_measures_only_if_no_figures_were_stored_recently(staff):
    store_figures(now())
    connections(status=Connection.Status.ATTENTION)()
    title = "Connections that need attention"
    assert title not in sections(staff)[0]

    store_figures(now())
    assert title in sections(staff)[0]

    old = now() - MAX_AGE
    StoredFigures.objects.update(at=old, figures={"failing": ["x"]})
    assert title in sections(staff)[0]


def test_pauses_are_live_between_two_measurements(staff):
    store_figures(now())
    CASES["Paused by an operator"]()

    [item] = sections(staff)[0]["Paused by an operator"].items
    assert item.detail == "Their server floods us."

    Connection.objects.update(status=Connection.Status.ACTIVE, status_reason="")
    assert sections(staff)[0] == {}


@pytest.mark.parametrize(
    ("title", "end"),
    [
        (
            "Connections that need attention",
            lambda: Connection.objects.update(status=Connection.Status.ACTIVE),
        ),
        (
            "Connections whose write key can't be read",
            lambda: Connection.objects.update(status_reason=""),
        ),
        (
            "Events about to expire",
            lambda: Cursor.objects.update(position=2, due_at=None),
        ),
        ("Growing queues", lambda: Cursor.objects.update(due_at=None)),
    ],
)
def test_stored_rows_say_from_when_they_are_and_disappear_once_they_are_over(
    staff, title, end
):
    CASES[title]()
    store_figures(now())
    at = StoredFigures.objects.get().figures["at"][11:19]

    found, page = sections(staff)
    assert found[title].is_stored
    assert f"Figures of {at}, updated every minute" in page

    end()
    assert title not in sections(staff)[0]


def test_figures_of_another_version_are_measured_again(staff):
    store_figures(now())

    StoredFigures.objects.update(figures={"failing": ["x"]})

    assert sections(staff)[0] == {}


def test_a_section_shows_at_most_five_rows_and_takes_the_same_queries_for_any_number(
    staff, django_assert_num_queries
):
    def attention(count):
        for _ in range(count):
            factories.connection(status=Connection.Status.ATTENTION)
            growing_queue()
        forget_cached()
        return reverse("admin:index")

    url = attention(1)
    with CaptureQueriesContext(connection) as few:
        staff.get(url)
    url = attention(6)
    with django_assert_num_queries(len(few)):
        page = staff.get(url)

    section = sections(staff)[0]["Connections that need attention"]
    assert (section.count, len(section.items)) == (7, 5)
    assert "View all 7" in " ".join(page.text.split())


def test_attention_is_counted_by_partner_with_the_most_first(staff):
    many, one = factories.stream(), factories.stream()
    for stream in (one, many, many):
        factories.connection(factories.feed(stream), status=Connection.Status.ATTENTION)

    section = sections(staff)[0]["Connections that need attention"]

    told = [(item.text, item.detail) for item in section.items]
    assert told == [
        (many.partner.name, "2 connections"), (one.partner.name, "1 connection"),
    ]  # fmt: skip
    listed = staff.get(section.items[0].url).context["cl"].result_list
    assert {row.feed.stream for row in listed} == {many}


def test_growing_queues_are_listed_with_the_largest_first(staff):
    for events in (2, 5, 3):
        cursor = factories.cursor(factories.connection())
        factories.append(cursor.feed, events, now=now())

    section = sections(staff)[0]["Growing queues"]
    page = staff.get(section.url)
    listed = page.context["cl"].result_list

    start = "5 queued, 5 more than there were an hour ago – "
    assert section.items[0].detail.startswith(start)
    assert page.context["title"] == "Queues"
    assert [cursor.feed.head_seq for cursor in listed] == [5, 3, 2]


def test_a_queue_that_shrinks_is_not_work(staff):
    cursor = factories.due_cursor(events=4)
    factories.delivered(cursor, 2, now=now() - timedelta(minutes=20))

    assert "Growing queues" not in sections(staff)[0]


def test_an_export_that_has_just_started_is_not_work(staff):
    factories.export(
        factories.feed(), requested_at=now(), state="running", ended_at=None
    )

    assert sections(staff)[0] == {}


def test_work_that_takes_long_says_how_far_it_is(staff):
    long_export()
    long_quarantine_job()

    found = sections(staff)[0]

    assert [
        item.detail
        for title, section in found.items()
        if "10 minutes" in title
        for item in section.items
    ] == [
        "Release: 0 of 3 events processed. Last progress: –",
        "Events: 100% searched. Last progress: –",
    ]


def test_operators_see_only_work_that_they_may_see(client):
    for create in CASES.values():
        create()
    person = factories.user(is_staff=True)
    codenames = ["view_halt", "view_stream"]
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(person)

    assert set(sections(client)[0]) == {
        "Active halts", "Awaiting review", "Suspended streams",
    }  # fmt: skip


def test_every_model_belongs_to_a_group(staff):
    listed = {name for _title, names in GROUPS for name in names}

    assert {model.__name__ for model in registered()} == listed
    page = staff.get(reverse("admin:index"))
    assert [group.title for group in page.context["groups"]] == [
        str(title) for title, _names in GROUPS
    ]
