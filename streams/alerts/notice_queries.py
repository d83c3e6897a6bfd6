"""Queries of notices that several modules use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from datetime import datetime

    from streams.alerts.models import Notice  # noqa: F401 - for the name in quotes


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
