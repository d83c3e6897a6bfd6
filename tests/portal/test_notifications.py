"""The page on which people choose how they get notices."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.alerts.models import Alert
from streams.alerts.people.choices import current
from streams.alerts.people.models import NoticeChoice
from streams.audit.models import AuditEntry
from streams.portal.notices.choices import kinds_of
from streams.tenancy.models import WorkspaceMembership
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(client):
    made = factories.cast()
    client.force_login(made.anna)
    return made


def url(owner) -> str:
    if hasattr(owner, "slug"):
        return reverse("portal:notifications-partner", args=[owner.slug])
    return reverse("portal:notifications-workspace", args=[owner.public_id])


def sent(email="now", inbox="now", **more) -> dict[str, str]:
    values = {"email": email, "inbox": inbox}
    kinds = {
        f"{condition}-{channel}": cadence
        for condition in Alert.Condition.values
        for channel, cadence in values.items()
    }
    return kinds | more


def cadence(user, owner, condition="attention", channel="email") -> str:
    return current(user, owner, [(condition, channel)])[condition, channel]


def test_someone_with_one_place_goes_straight_to_it(client, cast):
    response = client.get(reverse("portal:notifications"))

    assert response.url == url(cast.workspace)


def test_the_page_keeps_the_menu_of_the_workspace_whose_alerts_led_to_it(client, cast):
    from_alerts = client.get(url(cast.workspace), {"from": "alerts"}).text
    from_profile = client.get(url(cast.workspace)).text

    menu = '<nav aria-label="Workspace">'
    assert (menu in from_alerts, menu in from_profile) == (True, False)


def test_someone_with_several_places_chooses_one(client, cast):
    other = factories.workspace()
    WorkspaceMembership.objects.create(user=cast.anna, workspace=other, role="viewer")

    shown = client.get(reverse("portal:notifications")).text

    for workspace in (cast.workspace, other):
        assert f'href="{url(workspace)}">{workspace.name}<' in shown


def test_the_form_shows_the_defaults_of_the_role(client, cast):
    client.force_login(cast.alice)

    shown = client.get(url(cast.workspace)).text

    count = len(kinds_of(cast.workspace)) / 2  # channels
    assert shown.count('<option value="off" selected>Off') == count
    assert shown.count('<option value="now" selected>Immediately') == count


def test_a_choice_is_stored_and_recorded_once(client, cast):
    for _ in range(2):
        response = client.post(url(cast.workspace), sent(email="daily"), follow=True)

    assert "Saved your notification settings." in response.text
    assert cadence(cast.anna, cast.workspace) == "daily"
    assert cadence(cast.anna, cast.workspace, channel="inbox") == "now"
    assert cadence(cast.alice, cast.workspace) == "off"
    assert AuditEntry.objects.filter(action="notices.chosen").count() == 1


def test_only_what_differs_is_stored_so_that_the_rest_follows_the_role(client, cast):
    client.post(url(cast.workspace), sent(**{"late-email": "off"}))

    assert NoticeChoice.objects.count() == 1
    WorkspaceMembership.objects.filter(user=cast.anna).update(role="viewer")
    assert cadence(cast.anna, cast.workspace) == "off"


def test_the_inbox_has_no_digest(client, cast):
    response = client.post(url(cast.workspace), sent(inbox="daily"))

    assert response.status_code == 200
    assert not NoticeChoice.objects.exists()


def test_the_same_settings_can_be_used_in_all_workspaces(client, cast):
    other = factories.workspace()
    WorkspaceMembership.objects.create(user=cast.anna, workspace=other, role="admin")
    factories.partner_member(cast.partner, "admin")

    client.post(url(cast.workspace), sent(email="hourly", everywhere="on"))

    assert cadence(cast.anna, other) == "hourly"


def test_partners_choose_for_their_own_notices_and_test_workspaces(client, cast):
    test = factories.workspace(cast.partner, is_test=True)
    client.force_login(cast.dev)
    client.post(url(cast.partner), sent(email="daily"))
    client.post(url(test), sent(email="off"))

    assert cadence(cast.dev, cast.partner) == "daily"
    assert cadence(cast.dev, test) == "off"
    # A customer's workspace notifies its own people.
    response = client.post(url(cast.workspace), sent(email="now"))
    assert response.url == reverse("portal:notifications")
    assert cadence(cast.dev, cast.workspace) == "off"


def test_changed_stages_are_in_the_table_of_a_partner_only(client, cast):
    client.force_login(cast.dev)
    shown = client.get(url(cast.partner)).text
    assert "Launch stage changed" in shown
    assert "decisions are always emailed to admins." in shown

    client.force_login(cast.anna)
    shown = client.get(url(cast.workspace)).text
    assert "Launch stage changed" not in shown
    assert "Delivery halted by the operator" not in shown
    assert "Beat isn" not in shown


def test_a_workspace_of_others_is_not_found(client, cast):
    assert client.get(url(cast.elsewhere)).status_code == 404
    assert client.post(url(cast.rival), sent()).status_code == 404
