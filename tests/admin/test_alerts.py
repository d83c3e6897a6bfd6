"""Alerts in the admin, of a workspace, of a stream and of the portal."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.alerts.models import Alert, Notice
from streams.alerts.people.models import AudienceState, Mute
from streams.alerts.people.notice_states import NoticeState, state_of
from streams.audit.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db


def alert(condition, subject, **fields):
    given = {"reason": "A reason", "since": factories.NOW, "opened_at": factories.NOW}
    return Alert.objects.create(condition=condition, subject=subject, **given, **fields)


def page(name, row):
    return reverse(f"admin:streams_alert_{name}", args=[row.pk])


@pytest.fixture
def of_stream():
    stream = factories.stream()
    subject, partner = f"stream:{stream.pk}", stream.partner
    return alert(Alert.Condition.HALTED, subject, stream=stream, partner=partner)


@pytest.fixture
def of_portal():
    return alert(Alert.Condition.NOT_READY, "portal:disk")


def test_the_alert_of_a_stream_leads_to_the_streams_activity_log(staff, of_stream):
    history = page("history", of_stream)

    assert f'href="{history}"' in staff.get(page("change", of_stream)).text
    assert staff.get(history).url == reverse(
        "admin:streams_auditentry_changelist", query={"stream": of_stream.stream.slug}
    )


def test_the_alert_of_a_partner_leads_to_the_partners_activity_log(staff):
    partner = factories.stream().partner
    of_partner = alert(Alert.Condition.ISSUES, "partner:1", partner=partner)

    assert staff.get(page("history", of_partner)).url == reverse(
        "admin:streams_auditentry_changelist", query={"partner": partner.slug}
    )


def test_an_alert_of_the_portal_has_no_link_to_a_part_of_the_activity_log(
    staff, of_portal
):
    history = page("history", of_portal)

    assert history not in staff.get(page("change", of_portal)).text
    assert staff.get(history).url == reverse("admin:streams_auditentry_changelist")


def test_opening_an_alert_without_a_workspace_records_no_access(
    staff, of_stream, of_portal
):
    for row in (of_stream, of_portal):
        assert staff.get(page("change", row)).status_code == 200

    assert not AuditEntry.objects.filter(action__startswith="support.").exists()


def test_alerts_name_their_partner_and_stream_in_the_list_and_on_their_page(
    staff, of_stream
):
    addresses = (
        reverse("admin:streams_alert_changelist"), page("change", of_stream),
    )  # fmt: skip
    for address in addresses:
        shown = staff.get(address).text

        for row in (of_stream.stream, of_stream.partner):
            name = row._meta.model_name
            url = reverse(f"admin:streams_{name}_change", args=[row.pk])
            assert f'<a href="{url}">' in shown


def test_the_page_of_an_alert_leads_back_to_the_list(staff, of_portal):
    shown = staff.get(page("change", of_portal)).text

    url = reverse("admin:streams_alert_changelist")
    assert f'<a href="{url}" class="closelink">Back to list</a>' in shown
    assert ">Close<" not in shown


def test_the_page_of_an_alert_names_its_subject(staff, of_portal):
    assert "portal:disk" in staff.get(page("change", of_portal)).text
    listed = staff.get(reverse("admin:streams_alert_changelist")).text
    assert "The portal: disk" in listed


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("waiting", {}),
        ("retrying", {"attempts": 2}),
        ("given_up", {"attempts": 9, "given_up_at": factories.NOW}),
        ("sent", {"attempts": 1, "sent_at": factories.NOW}),
        ("dropped", {"dropped_at": factories.NOW}),
    ],
)
def test_notices_are_filtered_by_their_status(staff, state, fields):
    for other in NoticeState:
        about = factories.alert()
        given = fields if other == state else OTHERS[other]
        about.notices.update(**given)
    url = reverse("admin:streams_notice_changelist", query={"status": state})

    page = staff.get(url)

    [notice] = page.context["cl"].result_list
    assert state_of(notice) == state
    assert {name: getattr(notice, name) for name in fields} == fields
    assert str(NoticeState(state).label) in page.text


OTHERS = {
    "waiting": {},
    "retrying": {"attempts": 1},
    "given_up": {"given_up_at": factories.NOW},
    "sent": {"sent_at": factories.NOW},
    "dropped": {"dropped_at": factories.NOW},
}


def test_every_notice_has_one_state():
    factories.alert()

    assert OTHERS.keys() == set(NoticeState.values)
    assert state_of(Notice.objects.get()) == NoticeState.WAITING


def act(staff, name, *rows):
    data = {"action": name, "_selected_action": [row.pk for row in rows]}
    url = reverse("admin:streams_alert_changelist")
    return staff.post(url, data, follow=True).text


def test_an_operator_mutes_alerts_of_the_portal_and_no_others(
    staff, of_portal, of_stream
):
    shown = act(staff, "mute_until_closed", of_portal, of_stream)

    assert "Muted 1 alert for operators." in shown
    muted = Mute.objects.get()
    assert (muted.alert, muted.audience, muted.until) == (of_portal, "operator", None)
    entry = AuditEntry.objects.get(action="alert.muted")
    assert (entry.actor, entry.partner) == (muted.muted_by, None)
    shown = staff.get(page("change", of_portal)).text
    assert f"Until it closes, by {muted.muted_by}" in shown
    assert "operators get notices only about those" in act(
        staff, "mute_for_day", of_stream
    )

    assert "Unmuted 1 alert." in act(staff, "unmute", of_portal)
    assert not Mute.objects.exists()


def test_an_operator_acknowledges_alerts_of_the_portal(staff, of_portal, of_stream):
    assert "Acknowledged 1 alert." in act(staff, "acknowledge", of_portal, of_stream)

    state = AudienceState.objects.get()
    assert (state.alert, state.audience) == (of_portal, "operator")
    shown = staff.get(page("change", of_portal)).text
    assert f"by {state.acknowledged_by}" in shown
    assert AuditEntry.objects.get(action="alert.acknowledged").partner is None
