"""Operators who open a customer's workspace or its events are recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from streams.audit import support_access
from streams.audit.models import AuditEntry
from streams.base.clock import now
from tests import factories

pytestmark = pytest.mark.django_db
OF_SUPPORT = {"action__startswith": "support."}


def page_of(row):
    return reverse(f"admin:streams_{row._meta.model_name}_change", args=[row.pk])


def opened():
    entries = AuditEntry.objects.filter(**OF_SUPPORT).order_by("pk")
    return list(entries.values_list("action", "workspace", "actor"))


def test_opening_a_workspace_and_its_events_is_recorded_once_an_hour(staff, olga):
    feed = factories.connection().feed
    workspace, events = (
        feed.workspace,
        reverse("admin:streams_feed_events", args=[feed.pk]),
    )

    for url in (page_of(workspace), page_of(feed), events, events, page_of(workspace)):
        assert staff.get(url).status_code == 200

    assert opened() == [
        (support_access.OPENED, workspace.pk, olga.pk),
        (support_access.EVENTS_OPENED, workspace.pk, olga.pk),
    ]


def test_it_is_recorded_again_after_an_hour(staff, olga):
    workspace = factories.workspace()
    AuditEntry.objects.create(
        at=now() - timedelta(minutes=61),
        action=support_access.OPENED,
        actor=olga,
        workspace=workspace,
        partner=workspace.partner,
    )

    staff.get(page_of(workspace))

    assert len(opened()) == 2


def test_pages_that_belong_to_no_workspace_are_not_recorded(staff):
    stream = factories.stream()

    for url in (page_of(stream), page_of(stream.partner), reverse("admin:index")):
        assert staff.get(url).status_code == 200

    assert opened() == []
