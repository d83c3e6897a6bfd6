"""Queries of alerts that several modules use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from streams.alerts.models import (  # noqa: F401 - for the names in quotes
        Alert,
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
        """Return a workspace's alerts, loaded with what their pages need: open ones first, then the newest."""
        return (
            self.filter(workspace=workspace)
            .select_related("stream", "workspace")
            .open_first()
        )

    def of_customers(self) -> AlertQuerySet:
        """Return the alerts that aren't about test workspaces."""
        return self.filter(Q(workspace=None) | Q(workspace__is_test=False))

    def open_first(self) -> AlertQuerySet:
        is_open = models.Case(models.When(closed_at=None, then=0), default=1)
        return self.order_by(is_open, "-opened_at", "-pk")
