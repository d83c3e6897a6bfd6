"""The inbox: which notices a person sees, and what marks them as read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from streams.alerts.models import Notice
from streams.alerts.partner_emails import partner_page
from streams.tenancy.models import PartnerMembership, WorkspaceMembership
from tests import factories

pytestmark = pytest.mark.django_db

LATER = factories.NOW + timedelta(hours=2)


@pytest.fixture
def cast(client):
    made = factories.cast()
    client.force_login(made.anna)
    return made


@pytest.fixture
def alert(cast):
    connection = factories.cursor(factories.connection(cast.feed)).connection
    return factories.alert(connection, to=cast.anna)


def page(client) -> str:
    return client.get(reverse("portal:inbox")).text


def opened(client, notice):
    return client.get(reverse("portal:inbox-notice", args=[notice.pk]))


def test_a_notice_says_what_happened_where_and_why(client, cast, alert):
    factories.in_inbox(alert, cast.anna)

    shown = page(client)

    assert f"Delivery stopped: {cast.stream.name}, {cast.workspace.name}" in shown
    assert "Segment rejected the write key (401)." in shown
    assert shown.count(">Unread<") == 1


def test_every_page_shows_the_number_of_unread_notices(client, cast, alert):
    overview = reverse("portal:overview", args=[cast.workspace.public_id])
    assert 'aria-label="Inbox: no unread notices"' in client.get(overview).text

    factories.in_inbox(alert, cast.anna)
    assert 'aria-label="Inbox: 1 unread notice"' in client.get(overview).text

    factories.in_inbox(alert, cast.anna, transition="closed")
    assert 'aria-label="Inbox: 2 unread notices"' in client.get(overview).text


def test_a_hundred_unread_notices_or_more_are_not_counted(client, cast, alert):
    for number in range(101):
        factories.in_inbox(
            factories.alert(alert.connection, to=cast.anna, closed_at=LATER),
            cast.anna,
            sent_at=factories.NOW + timedelta(seconds=number),
        )

    shown = page(client)

    assert 'aria-label="Inbox: 99+ unread notices"' in shown
    assert shown.count(">Unread<") == 50


def test_opening_a_notice_leads_to_the_page_that_fixes_it_and_marks_it_read(
    client, cast, alert
):
    notice = factories.in_inbox(alert, cast.anna)

    response = opened(client, notice)

    change = reverse("portal:connection-change", args=[cast.workspace.public_id])
    assert response.url == f"{change}?stream={cast.stream.slug}"
    assert ">Unread<" not in page(client)


def test_a_notice_about_an_alert_that_is_over_leads_to_the_overview(client, cast, alert):  # fmt: skip
    notice = factories.in_inbox(alert, cast.anna)
    alert.closed_at = LATER
    alert.save()

    overview = reverse("portal:overview", args=[cast.workspace.public_id])
    assert opened(client, notice).url == f"{overview}?stream={cast.stream.slug}"


def test_one_notice_can_be_marked_as_read_and_all(client, cast, alert):
    first = factories.in_inbox(alert, cast.anna)
    factories.in_inbox(alert, cast.anna, transition="closed")
    others = factories.in_inbox(alert, cast.alice)

    client.post(reverse("portal:inbox-read"), {"notice": first.pk})
    assert page(client).count(">Unread<") == 1

    response = client.post(reverse("portal:inbox-read"), follow=True)
    assert "Marked 1 notice as read." in response.text
    assert ">Unread<" not in response.text
    others.refresh_from_db()
    assert others.read_at is None


def test_a_notice_that_is_not_sent_or_was_dropped_is_not_shown(client, cast, alert):
    factories.in_inbox(alert, cast.anna, sent_at=None)
    factories.in_inbox(
        alert, cast.anna, sent_at=None, dropped_at=LATER, transition="closed"
    )

    assert "No notices" in page(client)


def test_a_notice_of_another_person_is_not_found(client, cast, alert):
    notice = factories.in_inbox(alert, cast.alice)

    assert opened(client, notice).status_code == 404
    client.post(reverse("portal:inbox-read"), {"notice": notice.pk})
    assert "No notices" in page(client)
    notice.refresh_from_db()
    assert notice.read_at is None


def test_after_leaving_a_workspace_its_notices_are_gone(client, cast, alert):
    notice = factories.in_inbox(alert, cast.anna)
    WorkspaceMembership.objects.filter(user=cast.anna).delete()

    shown = page(client)

    assert "No notices" in shown
    assert 'aria-label="Inbox: no unread notices"' in shown
    assert opened(client, notice).status_code == 404


def test_a_partners_notice_is_for_its_members_and_leads_to_its_workspaces(
    client, cast, alert
):
    client.force_login(cast.petra)
    notice = factories.in_inbox(
        alert,
        cast.petra,
        workspace=None,
        partner=cast.partner,
        audience=Notice.Audience.PARTNER,
        alerts=23,
    )

    assert f"Delivery stopped for 23 workspaces: {cast.stream.name}" in page(client)
    workspaces = reverse("portal:partner", args=[cast.partner.slug])
    assert opened(client, notice).url == workspaces

    PartnerMembership.objects.filter(user=cast.petra).delete()
    assert opened(client, notice).status_code == 404


def test_the_notices_of_several_workspaces_are_one_list(client, cast, alert):
    factories.in_inbox(alert, cast.anna)
    other = factories.alert(to=cast.anna)
    WorkspaceMembership.objects.create(
        user=cast.anna, workspace=other.workspace, role="viewer"
    )
    factories.in_inbox(other, cast.anna)

    shown = page(client)

    for workspace in (cast.workspace, other.workspace):
        assert f">{workspace.name}</td>" in shown


def test_a_partners_notice_about_a_quarantine_leads_to_the_quarantine(cast):
    connection = factories.cursor(factories.connection(cast.feed)).connection
    alert = factories.alert(connection, condition="quarantine")

    args = [cast.partner.slug, cast.stream.slug]
    assert partner_page(alert) == reverse("portal:partner-stream-quarantine", args=args)
