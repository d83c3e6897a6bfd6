from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from streams.audit.models import AuditEntry
from streams.audit.services import record
from tests import factories

pytestmark = pytest.mark.django_db


def test_an_entry_records_who_did_what_and_where():
    cast = factories.cast()

    record("feed.opened", actor=cast.alice, workspace=cast.workspace, stream="postbox")

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.workspace, entry.detail) == (
        "feed.opened",
        cast.alice,
        cast.workspace,
        {"stream": "postbox"},
    )


def test_entries_of_a_workspace_are_also_in_its_partners_activity_log():
    workspace = factories.workspace()

    record("feed.opened", actor=None, workspace=workspace)

    assert AuditEntry.objects.get().partner == workspace.partner


@pytest.mark.parametrize(
    "tamper",
    [
        lambda entries: entries.update(action="stream.approved"),
        lambda entries: entries.delete(),
    ],
    ids=["update", "delete"],
)
def test_the_database_refuses_to_change_or_delete_an_entry(tamper):
    record(
        "stream.sent_back", actor=None, partner=factories.partner(), stream="postbox"
    )

    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
    ):
        tamper(AuditEntry.objects.all())

    assert AuditEntry.objects.get().action == "stream.sent_back"


def test_a_streams_activity_log_excludes_its_customers_and_other_streams():
    stream, workspace = factories.stream(slug="postbox"), factories.workspace()
    here = {"partner": stream.partner, "actor": None}
    record("stream.submitted", stream="postbox", **here)
    record("stream.submitted", stream="other", **here)
    record(
        "stream.submitted", stream="postbox", actor=None, partner=factories.partner()
    )
    record("feed.opened", stream="postbox", actor=None, workspace=workspace)

    entry = AuditEntry.objects.of_stream(stream).get()

    assert (entry.partner, entry.stream) == (stream.partner, "postbox")
