"""The settings of a workspace's alerts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from streams.audit.details import reason
from streams.audit.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(client):
    made = factories.cast()
    client.force_login(made.alice)
    return made


def save(client, cast, minutes):
    page = reverse("portal:alert-settings", args=[cast.workspace.public_id])
    response = client.post(page, {"late_after_minutes": minutes}, follow=True)
    cast.workspace.refresh_from_db()
    return response.text


def test_an_editor_chooses_when_events_are_late(client, cast):
    page = reverse("portal:alert-settings", args=[cast.workspace.public_id])
    alerts = reverse("portal:alerts", args=[cast.workspace.public_id])
    assert page in client.get(alerts).text
    assert 'value="15"' in client.get(page).text

    assert "Saved. It takes effect within a minute." in save(client, cast, "45")

    assert cast.workspace.late_after == timedelta(minutes=45)
    entry = AuditEntry.objects.get(action="workspace.late_after")
    assert (entry.actor, entry.workspace) == (cast.alice, cast.workspace)
    assert entry.detail["minutes"] == 45
    assert reason(entry.action, entry.detail) == "Minutes: 15 → 45"
    assert 'value="45"' in client.get(page).text


def test_the_same_value_writes_no_entry(client, cast):
    save(client, cast, "15")

    assert not AuditEntry.objects.filter(action="workspace.late_after").exists()


@pytest.mark.parametrize("minutes", ["4", "1441", "-5", "0", "15.5", "", "x", "9" * 50])
def test_a_duration_out_of_bounds_is_refused(client, cast, minutes):
    shown = save(client, cast, minutes)

    assert 'class="errors"' in shown
    assert cast.workspace.late_after == timedelta(minutes=15)


def test_only_editors_and_admins_are_led_to_the_settings(client, cast):
    client.force_login(cast.bob)
    alerts = reverse("portal:alerts", args=[cast.workspace.public_id])

    assert "alerts/settings/" not in client.get(alerts).text


def test_others_get_no_page(client, cast):
    client.force_login(cast.charlie)
    page = reverse("portal:alert-settings", args=[cast.workspace.public_id])

    assert client.get(page).status_code == 404
