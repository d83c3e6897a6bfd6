"""The list of notices to the members of a workspace, for its admins."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.alerts.models import Notice
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(client):
    made = factories.cast()
    client.force_login(made.anna)
    return made


@pytest.fixture
def notice(cast):
    connection = factories.cursor(factories.connection(cast.feed)).connection
    return factories.alert(connection, to=cast.alice).notices.get()


def page(client, cast):
    return client.get(
        reverse("portal:notice-delivery", args=[cast.workspace.public_id])
    )


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "Waiting"),
        ({"attempts": 3}, "Retrying"),
        ({"digest_end": factories.NOW}, "In the next digest"),
        ({"attempts": 1, "sent_at": factories.NOW}, "Sent"),
        ({"attempts": 50, "given_up_at": factories.NOW}, "Failed"),
        ({"dropped_at": factories.NOW}, "No longer needed"),
    ],
)
def test_each_notice_has_its_status(client, cast, notice, fields, status):
    Notice.objects.update(workspace=cast.workspace, **fields)

    shown = page(client, cast).text

    assert f">{status}</span>" in shown
    assert cast.alice.email in shown
    assert "Delivery stopped" in shown


def test_notices_to_others_are_not_listed(client, cast, notice):
    Notice.objects.update(workspace=cast.elsewhere)
    factories.in_inbox(notice.alert, cast.petra, workspace=None, audience="partner")

    assert "No notices yet" in page(client, cast).text


def test_only_admins_of_the_workspace_see_it(client, cast, notice):
    for person, status in ((cast.alice, 403), (cast.petra, 403), (cast.charlie, 404)):
        client.force_login(person)

        assert page(client, cast).status_code == status
