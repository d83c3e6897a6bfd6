from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from streams.audit.models import AuditEntry
from streams.audit.services import record
from tests import factories

BEFORE = "0015_notice_audience"


@pytest.mark.django_db(transaction=True)
def test_the_columns_of_the_origin_come_and_go_and_the_log_stays_append_only():
    record("connection.paused", actor=None, workspace=factories.workspace())
    try:
        call_command("migrate", "streams", BEFORE, verbosity=0)
        with connection.cursor() as cursor, pytest.raises(DatabaseError):
            cursor.execute("DELETE FROM streams_auditentry")
    finally:
        call_command("migrate", verbosity=0)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.address, entry.device, entry.member) == (
        "connection.paused", "", "", "",
    )  # fmt: skip
    with pytest.raises(DatabaseError, match="never changed"):
        AuditEntry.objects.update(address="203.0.113.7")
