from __future__ import annotations

import pytest

from streams.audit.models import AuditEntry
from streams.audit.services import record
from tests import make

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_did_what_where():
    cast = make.cast()

    record("feed.opened", actor=cast.alice, workspace=cast.workspace, stream="postbox")

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.workspace, entry.detail) == (
        "feed.opened",
        cast.alice,
        cast.workspace,
        {"stream": "postbox"},
    )


def test_what_is_done_in_a_workspace_is_also_in_the_history_of_its_partner():
    workspace = make.workspace()

    record("feed.opened", actor=None, workspace=workspace)

    assert AuditEntry.objects.get().partner == workspace.partner
