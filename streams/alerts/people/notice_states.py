"""The states of a notice, as lists show and filter them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from datetime import datetime

    from streams.alerts.models import Notice


class NoticeState(models.TextChoices):
    """A state of a notice."""

    WAITING = "waiting", _("Waiting")
    RETRYING = "retrying", _("Retrying")
    GIVEN_UP = "given_up", _("Failed")
    SENT = "sent", _("Sent")
    DROPPED = "dropped", _("No longer needed")

    @property
    def tone(self) -> str:
        """The color of its badge: good, warn, bad or none."""
        return _TONES.get(self, "")

    @property
    def is_final(self) -> bool:
        """Whether no attempt to send the notice is left."""
        return self not in (NoticeState.WAITING, NoticeState.RETRYING)


_TONES = {
    NoticeState.SENT: "good",
    NoticeState.RETRYING: "warn",
    NoticeState.GIVEN_UP: "bad",
}
_UNFINISHED = Q(sent_at=None, dropped_at=None, given_up_at=None)
# Rows of which several times are set have the first state that applies.
CONDITIONS = {
    NoticeState.WAITING: _UNFINISHED & Q(attempts=0),
    NoticeState.RETRYING: _UNFINISHED & Q(attempts__gt=0),
    NoticeState.SENT: Q(sent_at__isnull=False),
    NoticeState.GIVEN_UP: Q(sent_at=None, given_up_at__isnull=False),
    NoticeState.DROPPED: Q(sent_at=None, given_up_at=None, dropped_at__isnull=False),
}


def state_of(notice: Notice) -> NoticeState:
    """Return the state of a notice."""
    if notice.sent_at:
        return NoticeState.SENT
    if notice.given_up_at:
        return NoticeState.GIVEN_UP
    if notice.dropped_at:
        return NoticeState.DROPPED
    return NoticeState.RETRYING if notice.attempts else NoticeState.WAITING


def state_at(notice: Notice) -> datetime:
    """Return when a notice was sent, dropped or given up, or the time of the next attempt."""
    done = notice.sent_at or notice.dropped_at or notice.given_up_at
    return done or notice.due_at
