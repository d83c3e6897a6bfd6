"""Acknowledgments of the previous version, which counted for everyone."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from streams.alerts.models import Alert
from streams.alerts.people.models import AudienceState
from tests import factories

BEFORE = "0046_replay_period"


@pytest.mark.django_db(transaction=True)
def test_acknowledgments_of_the_previous_version_count_for_the_audience_of_the_person():
    by_member, by_team, by_former, reminded = [factories.alert() for _ in range(4)]
    people = {
        by_member: factories.member(by_member.workspace, "admin", "anna@example.com"),
        by_team: factories.partner_member(
            by_team.partner, "admin", "petra@postbox.example"
        ),
        by_former: factories.user("former@example.com"),
    }
    of_portal = Alert.objects.create(
        condition="not_ready", subject="portal:disk", since=factories.NOW,
        opened_at=factories.NOW, acknowledged_at=factories.NOW,
    )  # fmt: skip
    for alert, person in people.items():
        Alert.objects.filter(pk=alert.pk).update(
            acknowledged_at=factories.NOW, acknowledged_by=person
        )
    Alert.objects.filter(pk=reminded.pk).update(reminded_at=factories.NOW)
    try:
        call_command("migrate", "streams", BEFORE, verbosity=0)
        assert (
            AudienceState._meta.db_table not in connection.introspection.table_names()
        )
    finally:
        call_command("migrate", "streams", verbosity=0)

    done = AudienceState.objects.filter(acknowledged_at=factories.NOW)
    assert set(done.values_list("alert", "audience", "acknowledged_by")) == {
        (by_member.pk, "workspace", people[by_member].pk),
        (by_team.pk, "partner", people[by_team].pk),
        (by_former.pk, "workspace", people[by_former].pk),
        (by_former.pk, "partner", people[by_former].pk),
        (of_portal.pk, "operator", None),
    }
    again = AudienceState.objects.filter(reminded_at=factories.NOW)
    assert set(again.values_list("alert", "audience")) == {
        (reminded.pk, "workspace"),
        (reminded.pk, "partner"),
    }
