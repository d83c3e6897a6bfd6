"""The alerts of a workspace: their page, and the line on the overview."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from streams.alerts.emails import page_of
from streams.alerts.models import Alert, Notice
from streams.alerts.partner_emails import partner_page as partner_page_path
from streams.alerts.partner_emails import partner_page_of_one
from streams.alerts.queries import NEWS
from streams.audit.models import AuditEntry
from streams.portal.notices.choices import OF_STREAMS, kinds_of
from streams.tenancy.models import Partner, Workspace
from tests import factories

pytestmark = pytest.mark.django_db

LATER = factories.NOW + timedelta(hours=2)
OVER = {"closed_at": LATER, "calm_since": LATER}


@pytest.fixture
def cast(client):
    made = factories.cast()
    client.force_login(made.bob)
    return made


@pytest.fixture
def connection(cast):
    return factories.cursor(factories.connection(cast.feed)).connection


def words(shown: str) -> str:
    return unescape(shown)


def page(client, cast, name="alerts", **query) -> str:
    return client.get(reverse(f"portal:{name}", args=[cast.workspace.public_id]), query).text  # fmt: skip


def test_open_alerts_come_first_and_say_why(client, cast, connection):
    factories.alert(connection, opened_at=LATER, recovered=True, **OVER)
    factories.alert(connection, condition="retrying", reason="", **OVER)
    factories.alert(connection)

    shown = page(client, cast)

    assert shown.count("Segment rejected the write key (401).") == 2
    states = [shown.index(f">{state}</span>") for state in ("Open", "Recovered", "Ended")]  # fmt: skip
    assert states == sorted(states)


def test_the_page_says_whether_the_admins_were_emailed(client, cast, connection):
    factories.alert(connection)
    assert "Not sent yet" in page(client, cast)

    Notice.objects.update(sent_at=LATER)
    assert "Sent to 1 member" in page(client, cast)


OF_WORKSPACES = sorted({str(kind) for kind, _ in kinds_of(Workspace())})
OF_PARTNERS = sorted({str(kind) for kind, _ in kinds_of(Partner())} | {"stage"})


@pytest.mark.parametrize("person", ["anna", "bob"])
@pytest.mark.parametrize("condition", OF_WORKSPACES)
def test_an_alert_and_its_notice_lead_to_the_same_page(
    client, cast, connection, condition, person
):
    recipient = getattr(cast, person)
    alert = factories.alert(connection, condition=condition, to=cast.anna)
    notice = factories.in_inbox(alert, recipient)
    client.force_login(recipient)

    led_to = client.get(reverse("portal:inbox-notice", args=[notice.pk])).url

    assert f'href="{led_to}">{alert.get_condition_display()}</a>' in words(page(client, cast))  # fmt: skip
    assert client.get(led_to).status_code == 200


@pytest.mark.parametrize("condition", OF_PARTNERS)
def test_an_alert_of_a_partner_leads_to_the_page_of_its_notice_or_to_its_workspace(
    client, cast, connection, condition
):
    alert = factories.alert(connection, condition=condition, to=cast.anna)
    if condition in OF_STREAMS:
        alert.workspace = None
        alert.save()
    notice = factories.in_inbox(alert, cast.sam, workspace=None, partner=cast.partner, audience="partner")  # fmt: skip

    shown = words(partner_page(client, cast))

    led_to = client.get(reverse("portal:inbox-notice", args=[notice.pk])).url
    if led_to == reverse("portal:partner", args=[cast.partner.slug]):
        args = [cast.partner.slug, cast.workspace.public_id]
        led_to = reverse("portal:partner-workspace", args=args)
    assert f'href="{led_to}">{alert.get_condition_display()}</a>' in shown
    assert client.get(led_to).status_code == 200


@pytest.mark.parametrize("condition", [one for one in OF_WORKSPACES if one not in NEWS])
def test_the_page_of_an_alert_shows_it_and_acknowledges_it(
    client, cast, connection, condition
):
    alert = factories.alert(connection, condition=condition, to=cast.anna)
    client.force_login(cast.alice)
    address = page_of(alert)

    shown = client.get(address).text

    assert "Open since" in shown
    assert f'<input type="hidden" name="back" value="{address}">' in shown
    args = [cast.workspace.public_id, alert.pk]
    acknowledges = reverse("portal:alert-acknowledge", args=args)
    response = client.post(acknowledges, {"back": address}, follow=True)
    assert response.redirect_chain == [(address, 302)]
    assert f"Acknowledged by {cast.alice.email}" in response.text
    Alert.objects.update(**OVER)
    assert "Open since" not in client.get(address).text


@pytest.mark.parametrize("condition", [one for one in OF_PARTNERS if one not in NEWS])
def test_the_partners_page_of_an_alert_shows_it(client, cast, connection, condition):
    alert = factories.alert(connection, condition=condition, to=cast.anna)
    if condition in OF_STREAMS:
        alert.workspace = None
        alert.save()
    client.force_login(cast.sam)

    for address in (partner_page_of_one(alert), partner_page_path(alert)):
        shown = client.get(address).text
        assert f"<strong>{alert.get_condition_display()}</strong>" in words(shown)
        assert ">Acknowledge<" in shown


def test_a_page_shows_only_the_alerts_that_lead_to_it(client, cast, connection):
    factories.alert(connection, condition="quarantine")

    assert "Open since" in page(client, cast, "quarantine")
    assert "Open since" not in page(client, cast, "issues")
    assert "Open since" not in page(client, cast, "connection")


def test_an_open_alert_says_what_it_means_and_one_that_is_over_does_not(
    client, cast, connection
):
    alert = factories.alert(connection, condition="quarantine")
    meaning = "only if someone releases them, or when the userId is known."

    assert meaning in page(client, cast)
    assert meaning in partner_page(client, cast)
    client.force_login(cast.bob)
    alert.closed_at = alert.calm_since = LATER
    alert.save()
    assert meaning not in page(client, cast)


def test_an_open_alert_whose_problem_is_over_says_when_it_closes(
    client, cast, connection
):
    alert = factories.alert(connection, condition="quarantine")
    closing = "The alert closes soon after"
    assert closing not in page(client, cast)

    alert.calm_since = LATER
    alert.save()

    for name in ("alerts", "quarantine"):
        shown = page(client, cast, name)
        assert "Over since" in shown
        assert closing in shown
        assert (LATER + timedelta(minutes=5)).strftime("%H:%M") in shown


def test_a_quarantine_alert_leads_to_the_quarantine(client, cast, connection):
    factories.alert(connection, condition="quarantine")

    address = reverse("portal:quarantine", args=[cast.workspace.public_id])
    assert f'href="{address}?stream={cast.stream.slug}">Events are in quarantine' in page(client, cast)  # fmt: skip


def test_a_workspace_without_alerts_says_so(client, cast, connection):
    shown = page(client, cast)

    assert "No alerts" in shown


def test_alerts_of_another_workspace_are_not_shown(client, cast):
    factories.alert()

    assert "No alerts" in page(client, cast)
    assert "open alert" not in page(client, cast, "overview")


def test_many_alerts_have_pages(client, cast, connection):
    for _ in range(51):
        factories.alert(connection, to=cast.anna, **OVER)

    assert page(client, cast).count("Delivery stopped</a>") == 50
    assert page(client, cast, page=2).count("Delivery stopped</a>") == 1


def test_the_overview_names_an_open_alert_and_no_other(client, cast, connection):
    factories.alert(connection, **OVER)
    assert "open alert" not in page(client, cast, "overview")

    factories.alert(connection)
    assert "1 open alert</a>: Delivery stopped" in page(client, cast, "overview")

    factories.alert(connection, condition="late")
    assert "2 open alerts</a>" in page(client, cast, "overview")

    factories.alert(connection, condition="volume_stopped")
    assert "3 open alerts</a>" in page(client, cast, "overview")


def partner_page(client, cast, **query) -> str:
    client.force_login(cast.sam)
    return client.get(reverse("portal:partner-alerts", args=[cast.partner.slug]), query).text  # fmt: skip


def test_alerts_can_be_filtered_by_status_and_kind(client, cast, connection):
    factories.alert(connection)
    factories.alert(connection, condition="late", reason="", **OVER)

    shown = page(client, cast, status="closed")
    assert ">Events are delivered late</a>" in shown
    assert "?stream=" in shown
    assert "Segment rejected the write key (401)." not in shown
    shown = page(client, cast, kind="attention")
    assert "Segment rejected the write key (401)." in shown
    assert "No matching alerts" in page(client, cast, kind="late", status="open")
    assert "Segment rejected" in page(client, cast, status="odd", kind="odd")


def test_a_partner_sees_the_alerts_of_its_customers_and_of_no_others(
    client, cast, connection
):
    factories.alert(connection)
    factories.alert(connection, condition="late", reason="", **OVER)
    other = factories.alert()

    shown = partner_page(client, cast)

    assert cast.workspace.name in shown
    assert shown.index(">Open</span>") < shown.index(">Ended</span>")
    assert other.workspace.name not in shown
    assert "No matching alerts" in partner_page(client, cast, kind="halted")


def test_news_about_a_stage_is_no_problem_and_leads_to_the_launch_checklist(
    client, cast, connection
):
    stream = connection.feed.stream
    named = {"workspace": None, "stream": stream, "partner": stream.partner}
    Alert.objects.create(
        condition="stage", subject="entry:1", reason="Launched", since=LATER,
        opened_at=LATER, calm_since=LATER, closed_at=LATER, **named,
    )  # fmt: skip

    shown = partner_page(client, cast)

    args = [cast.partner.slug, stream.slug]
    assert f'href="{reverse("portal:partner-stream-launch", args=args)}"' in shown
    assert '<span class="badge ">Ended</span>' in shown
    assert "Launched" not in partner_page(client, cast, status="open")


def test_the_partners_list_of_workspaces_counts_open_alerts_but_no_news(
    client, cast, connection
):
    factories.alert(connection)
    factories.alert(connection, condition="late")
    factories.alert(connection, condition="replay_finished")
    factories.alert(connection, condition="retrying", **OVER)
    client.force_login(cast.sam)

    shown = client.get(reverse("portal:partner", args=[cast.partner.slug])).text

    assert ">2 open alerts</a>" in shown


def acknowledge(client, cast, alert):
    args = [cast.workspace.public_id, alert.pk]
    return client.post(reverse("portal:alert-acknowledge", args=args), follow=True)


def test_everyone_sees_who_acknowledged_an_alert(client, cast, connection):
    alert = factories.alert(connection)
    assert ">Acknowledge<" not in page(client, cast)
    client.force_login(cast.alice)
    assert ">Acknowledge<" in page(client, cast)

    shown = acknowledge(client, cast, alert).text

    assert "You acknowledged the alert." in shown
    client.force_login(cast.bob)
    assert f"Acknowledged by {cast.alice.email}" in page(client, cast)
    entry = AuditEntry.objects.get(action="alert.acknowledged")
    assert (entry.actor, entry.workspace) == (cast.alice, cast.workspace)
    assert entry.detail["alert"] == "Delivery stopped"


def test_the_first_to_acknowledge_stays_named(client, cast, connection):
    alert = factories.alert(connection)
    for person in (cast.alice, cast.anna):
        client.force_login(person)
        shown = acknowledge(client, cast, alert).text

    assert "The alert is over, or someone acknowledged it." in shown
    assert f"Acknowledged by {cast.alice.email}" in shown


def test_an_alert_that_is_over_or_of_others_cannot_be_acknowledged(
    client, cast, connection
):
    client.force_login(cast.anna)
    over = factories.alert(connection, **OVER)

    assert "The alert is over" in acknowledge(client, cast, over).text
    assert acknowledge(client, cast, factories.alert()).status_code == 404
    assert not AuditEntry.objects.filter(action="alert.acknowledged").exists()


def test_only_emails_count_as_emails(client, cast, connection):
    factories.in_inbox(factories.alert(connection), cast.alice)

    assert "Not sent yet" in page(client, cast)


def test_members_are_led_to_their_own_notifications(client, cast, connection):
    theirs = f"/notifications/w/{cast.workspace.public_id}/"

    assert theirs in page(client, cast)
    client.force_login(cast.petra)
    assert theirs not in page(client, cast)  # she has those of the partner


def mute(client, place, alert, *, name="alert-mute", **data):
    address = reverse(f"portal:{name}", args=[place, alert.pk])
    return client.post(address, data, follow=True)


def test_everyone_sees_who_muted_an_alert_and_until_when(client, cast, connection):
    alert, place = factories.alert(connection), cast.workspace.public_id
    assert ">Mute<" not in page(client, cast)
    client.force_login(cast.alice)

    shown = mute(client, place, alert, how_long="end").text

    assert "Muted the alert." in shown
    assert ">Unmute<" in shown
    client.force_login(cast.bob)
    assert f"Muted by {cast.alice.email} until it closes" in page(client, cast)
    assert ">Unmute<" not in page(client, cast)
    client.force_login(cast.anna)
    mute(client, place, alert, how_long="hour")
    assert f"Muted by {cast.anna.email} until <time" in page(client, cast)
    shown = mute(client, place, alert, name="alert-unmute").text
    assert "Unmuted the alert." in shown
    assert ">Mute<" in shown


def test_the_mute_of_a_partner_is_its_own(client, cast, connection):
    alert = factories.alert(connection)
    client.force_login(cast.sam)

    shown = mute(
        client, cast.partner.slug, alert, name="partner-alert-mute", how_long="day"
    ).text

    assert f"Muted by {cast.sam.email} until <time" in shown
    client.force_login(cast.bob)
    assert "Muted by" not in page(client, cast)


def test_a_mute_needs_a_duration_and_an_open_alert(client, cast, connection):
    alert = factories.alert(connection)
    client.force_login(cast.anna)
    place = cast.workspace.public_id

    shown = mute(client, place, alert, how_long="year").text
    assert "Select how long the alert is muted." in shown
    Alert.objects.update(**OVER)
    assert "The alert is over." in mute(client, place, alert, how_long="day").text
    shown = mute(client, place, alert, name="alert-unmute").text
    assert "The alert isn&#x27;t muted." in shown


def test_a_partners_people_acknowledge_alerts_and_customers_see_no_email_of_theirs(
    client, cast, connection
):
    alert = factories.alert(connection)
    client.force_login(cast.sam)
    args = [cast.partner.slug, alert.pk]

    shown = client.post(
        reverse("portal:partner-alert-acknowledge", args=args), follow=True
    ).text

    assert "Your team gets no more reminders about it." in shown
    assert f"Acknowledged by {cast.sam.email}" in shown
    client.force_login(cast.alice)
    shown = page(client, cast)
    assert "Acknowledged by the partner" in shown
    assert ">Acknowledge<" in shown  # for the workspace, no one has
    assert cast.sam.email not in shown


def test_the_partner_sees_that_the_workspace_acknowledged_an_alert(
    client, cast, connection
):
    alert = factories.alert(connection)
    client.force_login(cast.alice)
    acknowledge(client, cast, alert)

    shown = partner_page(client, cast)

    assert "Acknowledged by the workspace" in shown
    assert cast.alice.email not in shown
    assert ">Acknowledge<" in shown
