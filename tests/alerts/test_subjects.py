"""One alert is open for each condition and subject, and the tables can be changed back."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from streams.alerts.models import Alert
from tests import factories

BEFORE = "0017_audit_by_member"


def opened(subject: str, **fields) -> Alert:
    return Alert.objects.create(
        condition="late",
        subject=subject,
        since=factories.NOW,
        opened_at=factories.NOW,
        **fields,
    )


@pytest.mark.django_db
def test_one_alert_is_open_for_each_condition_and_subject(db):
    opened("portal:broker")
    opened("portal:storage")

    with pytest.raises(IntegrityError), transaction.atomic():
        opened("portal:broker")

    Alert.objects.filter(subject="portal:broker").update(closed_at=factories.NOW)
    opened("portal:broker")
    assert Alert.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_alerts_of_the_previous_version_get_their_subjects_and_keep_them():
    made = factories.alert()
    opened("portal:broker")
    try:
        call_command("migrate", "streams", BEFORE, verbosity=0)
        old = MigrationExecutor(connection).loader.project_state(("streams", BEFORE))
        assert old.apps.get_model("streams", "Alert").objects.count() == 1
    finally:
        call_command("migrate", "streams", verbosity=0)

    stored = Alert.objects.get()
    assert stored.subject == f"connection:{made.connection_id}"
    assert (stored.feed, stored.stream) == (made.feed, made.stream)
    assert stored.partner == made.partner
