"""Operators download the entries of the activity log that match the filters of the list."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.audit.services import record
from tests import factories

pytestmark = pytest.mark.django_db


def file_url(form: str, **query: str) -> str:
    return reverse("admin:streams_auditentry_export", args=[form], query=query)


def content(response) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def test_the_filtered_entries_are_exported(staff, olga):
    here, there = factories.workspace(), factories.workspace()
    record("connection.paused", actor=olga, workspace=here)
    record("connection.resumed", actor=None, workspace=here)
    record("connection.paused", actor=olga, workspace=there)

    url = file_url("csv", workspace=here.public_id)
    rows = list(csv.DictReader(io.StringIO(content(staff.get(url)))))

    assert [(row["action"], row["person"], row["workspace"]) for row in rows] == [
        ("connection.resumed", "System", here.external_id),
        ("connection.paused", str(olga), here.external_id),
    ]


def test_all_entries_are_exported_across_pages(staff):
    for _ in range(2_005):
        record("delivery.halted", actor=None)

    rows = content(staff.get(file_url("jsonl", action="delivery.halted"))).splitlines()

    ids = [json.loads(row)["id"] for row in rows]
    assert (len(ids), ids) == (2_005, sorted(ids, reverse=True))


def test_the_export_itself_is_recorded(staff, olga):
    content(staff.get(file_url("jsonl", action="user.signed_in")))

    entry = AuditEntry.objects.get(action="activity.exported")
    assert (entry.actor, entry.detail) == (
        olga, {"format": "jsonl", "filter": "action"},
    )  # fmt: skip


def test_an_operator_without_the_permission_gets_nothing(client):
    client.force_login(factories.user("otto@portal.example", is_staff=True))

    assert client.get(file_url("csv")).status_code == 403


def test_the_list_links_to_its_files_with_the_same_filters(staff):
    url = reverse(
        "admin:streams_auditentry_changelist", query={"action": "user.signed_in"}
    )

    assert 'href="log.csv?action=user.signed_in"' in staff.get(url).text
