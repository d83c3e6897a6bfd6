"""Queries of alerts and notices that several modules use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from datetime import datetime

    from streams.alerts.models import (  # noqa: F401 - for the names in quotes
        Alert,
        Notice,
    )
    from streams.tenancy.models import Workspace

# The conditions of something that happened: their alerts close at once.
NEWS = ("replay_finished", "replay_stopped", "stage")


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> AlertQuerySet:
        """Return the alerts that are not over."""
        return self.filter(closed_at=None)

    def problems(self) -> AlertQuerySet:
        """Return the open alerts, without news such as the end of a replay."""
        return self.open().exclude(condition__in=NEWS)

    def of(self, workspace: Workspace) -> AlertQuerySet:
        """Return a workspace's alerts with their streams: open ones first, then the newest."""
        return self.filter(workspace=workspace).select_related("stream").open_first()

    def of_customers(self) -> AlertQuerySet:
        """Return the alerts that aren't about test workspaces."""
        return self.filter(Q(workspace=None) | Q(workspace__is_test=False))

    def open_first(self) -> AlertQuerySet:
        is_open = models.Case(models.When(closed_at=None, then=0), default=1)
        return self.order_by(is_open, "-opened_at", "-pk")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unfinished(self) -> NoticeQuerySet:
        """Return the notices that are neither sent, nor dropped, nor given up."""
        return self.filter(sent_at=None, dropped_at=None, given_up_at=None)

    def due(self, now: datetime) -> NoticeQuerySet:
        """Return the notices to send now: not claimed, and none before the one it follows."""
        first = self.model.objects.unfinished().filter(
            alert=OuterRef("alert"),
            channel=OuterRef("channel"),
            recipient=OuterRef("recipient"),
            audience=OuterRef("audience"),
            transition=self.model.Transition.OPENED,
        )
        # In the same digest, they are one entry.
        first = first.exclude(digest_end=OuterRef("digest_end"))
        free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        opened = Q(transition=self.model.Transition.OPENED)
        return self.unfinished().filter(free, opened | ~Exists(first), due_at__lte=now)
