from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id
from streams.delivery.models import Cursor
from streams.delivery.replay.filter import ReplayFilter
from streams.delivery.replay.matching import matching


class Replay(models.Model):
    """The filter, the options, and the requester of a replay's cursor."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        HELD = "held", _("Queued")
        COMPLETED = "completed", _("Completed")
        STOPPED = "stopped", _("Stopped")
        CANCELED = "canceled", _("Canceled")

    cursor = models.OneToOneField(
        Cursor,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="replay",
        verbose_name=_("cursor"),
    )
    public_id = models.CharField(_("ID"), max_length=12, unique=True, default=public_id)
    # The filter; empty fields match everything.
    name = models.CharField(_("event name"), max_length=200, blank=True)
    type = models.CharField(_("type"), max_length=8, blank=True)
    user_id = models.CharField(_("user ID"), max_length=200, blank=True)
    rejected_only = models.BooleanField(_("rejected events only"), default=False)
    # The other fields of the filter that are set, by name.
    more = models.JSONField(_("more filters"), default=dict, db_default={})
    # As asked for. The cursor has the event numbers that it comes to.
    since = models.DateTimeField(_("received since"), null=True)
    until = models.DateTimeField(_("received before"), null=True)
    new_ids = models.BooleanField(
        _("new messageIds"), default=False
    )  # otherwise the same messageIds
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    requested_at = models.DateTimeField(_("requested"), default=now)
    stopped_because = models.CharField(
        _("reason for the stop"), max_length=300, blank=True
    )

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")

    def __str__(self) -> str:
        return self.public_id

    @property
    def filter(self) -> ReplayFilter:
        """The filter for the events of the range."""
        return ReplayFilter(
            name=self.name,
            type=self.type,
            user_id=self.user_id,
            rejected_only=self.rejected_only,
            **{**self.more, "seqs": tuple(self.more.get("seqs", ()))},
        )

    def sends(self, seq: int) -> bool:
        """Whether an event of its range matches the filter. Takes at most one query."""
        if self.filter.takes_all:
            return True
        found = matching(self.cursor, self.filter, after=seq - 1, up_to=seq)
        return any(found)

    @property
    def state(self) -> State:
        """The state, derived from the cursor."""
        cursor = self.cursor
        if cursor.ended_at is None:
            return self.State.HELD if cursor.held else self.State.RUNNING
        if cursor.position == cursor.end_seq:
            return self.State.COMPLETED
        return self.State.STOPPED if self.stopped_because else self.State.CANCELED
