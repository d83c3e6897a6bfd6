from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models.functions import Now

    from streams.connections.models import Connection


class CursorQuerySet(models.QuerySet["Cursor"]):
    def due(self, now: datetime | Now) -> CursorQuerySet:
        """Return due cursors; a halt or a stage may stop them (limits/send_policy.py)."""
        return self.filter(held=False, due_at__lte=now)

    def lock_of(self, connection: Connection) -> None:
        """Lock the cursors of a connection, before it: in the same order as the engine."""
        cursors = self.filter(connection=connection).order_by("pk")
        list(cursors.select_for_update(no_key=True).values_list("pk"))


class Cursor(models.Model):
    """The position of a feed's delivery to a connection.

    Accounts for each event after `start`: it is delivered, rejected, filtered, expired, erased
    or, up to the feed's head or the end of a replay, pending.
    """

    class Kind(models.TextChoices):
        LIVE = "live", _("Live")
        REPLAY = "replay", _("Replay")

    connection = models.ForeignKey(
        "streams.Connection",
        on_delete=models.PROTECT,
        related_name="cursors",
        verbose_name=_("connection"),
    )
    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.PROTECT,
        related_name="cursors",
        verbose_name=_("feed"),
    )
    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("stream"),
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.LIVE)
    start = models.BigIntegerField(_("start position"))
    position = models.BigIntegerField(_("position"))
    # The last event number of a replay. None: a live cursor, which follows the feed.
    end_seq = models.BigIntegerField(_("last event number"), null=True)
    # When a replay completed or was canceled. It no longer moves.
    ended_at = models.DateTimeField(_("ended"), null=True)
    # When the event at `position` was received: a bound for the next read, so that
    # PostgreSQL skips older partitions.
    position_at = models.DateTimeField(_("receive time at the position"), null=True)
    rejected = models.BigIntegerField(_("rejected"), default=0)
    filtered = models.BigIntegerField(_("skipped"), default=0)
    # Deleted, or erased, before they could be sent.
    expired = models.BigIntegerField(_("expired"), default=0, db_default=0)
    erased = models.BigIntegerField(_("erased"), default=0, db_default=0)
    # Rejected events whose Rejection rows were deleted with the events.
    rejected_forgotten = models.BigIntegerField(
        _("rejected, details deleted"), default=0, db_default=0
    )
    # Of the rejected events, those that a replay delivered later.
    recovered = models.BigIntegerField(_("recovered"), default=0, db_default=0)
    # Recovered events whose Rejection rows were deleted with the events.
    recovered_forgotten = models.BigIntegerField(
        _("recovered, details deleted"), default=0, db_default=0
    )
    # When queued events may be sent. None: no events are queued.
    due_at = models.DateTimeField(_("next attempt"), null=True)
    # Paused, needs attention, or a deleted connection: due, but must not send.
    held = models.BooleanField(_("on hold"), default=False)
    failures = models.IntegerField(
        _("consecutive failures"), default=0
    )  # failed attempts in a row
    failing_since = models.DateTimeField(_("failing since"), null=True)
    # The position and the time when the last delivery problem started. Kept after the
    # problem ends, so that users can replay the events since then.
    troubled_seq = models.BigIntegerField(_("position at the last problem"), null=True)
    troubled_at = models.DateTimeField(_("last problem started"), null=True)
    # The last event of a request that Segment rejected: there is an invalid event between
    # `position` and this one.
    suspect_seq = models.BigIntegerField(_("suspect range ends at event"), null=True)
    rejections_in_row = models.IntegerField(_("consecutive rejections"), default=0)
    last_delivered_at = models.DateTimeField(_("last delivered"), null=True)

    objects = CursorQuerySet.as_manager()

    class Meta:
        verbose_name = _("cursor")
        verbose_name_plural = _("cursors")
        constraints = [
            # One live cursor and one replay at a time. (A live cursor never ends.)
            models.UniqueConstraint(
                fields=["connection", "kind"],
                condition=Q(ended_at=None),
                name="one_cursor_of_each_kind",
            ),
            models.CheckConstraint(
                condition=Q(start__lte=F("position"), start__gte=0),
                name="cursor_starts_before_its_position",
            ),
            models.CheckConstraint(
                condition=Q(kind="live", end_seq=None, ended_at=None)
                | Q(kind="replay", end_seq__isnull=False, end_seq__gte=F("position")),
                name="replay_ends_at_its_end",
            ),
            # An ended cursor is never due again: no append, retry, or late response wakes it.
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(due_at=None),
                name="ended_is_never_due",
            ),
        ]
        indexes = [
            # The due cursors of a stream, polled by drains and the sweep.
            models.Index(
                fields=["stream", "due_at"],
                condition=Q(due_at__isnull=False, held=False),
                name="cursor_due",
            ),
        ]

    def __str__(self) -> str:
        text = gettext("%(kind)s cursor %(id)s at event %(position)s")
        kind = self.get_kind_display()
        return text % {"kind": kind, "id": self.pk, "position": self.position}

    @property
    def delivered(self) -> int:
        """Events that Segment accepted."""
        unsent = self.filtered + self.expired + self.erased
        return self.position - self.start - self.rejected - unsent


class Lease(models.Model):
    """The process that may deliver for a stream, and until when."""

    stream = models.OneToOneField(
        "streams.Stream",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="lease",
        verbose_name=_("stream"),
    )
    owner = models.UUIDField(_("owner"), null=True)
    until = models.DateTimeField(_("until"), null=True)

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return gettext("Lease of %(stream)s") % {"stream": self.stream}


class Delivery(models.Model):
    """A delivery attempt: one HTTP request to Segment and its response.

    On PostgreSQL partitioned by `started_at` (migration 0002).
    """

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", _("Delivered")
        SPLIT = "split", _("Split and resent")
        REJECTED = "rejected", _("Rejected")
        RETRY = "retry", _("Retrying")
        HELD = "held", _("Needs attention")

    cursor = models.ForeignKey(
        Cursor,
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="+",
        db_index=False,
        verbose_name=_("cursor"),
    )
    connection = models.ForeignKey(
        "streams.Connection",
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="deliveries",
        db_index=False,
        verbose_name=_("connection"),
    )
    first_seq = models.BigIntegerField(_("first event number"))
    last_seq = models.BigIntegerField(_("last event number"))
    events = models.IntegerField(_("events"))
    body_bytes = models.IntegerField(_("body size (bytes)"))  # before gzip
    started_at = models.DateTimeField(_("started"))
    duration_ms = models.IntegerField(_("duration (ms)"))
    # Parts of the duration (segment/responses.py). None: not measured, or no response.
    connect_ms = models.IntegerField(_("connecting (ms)"), null=True)
    first_byte_ms = models.IntegerField(_("first byte after (ms)"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    status_code = models.IntegerField(_("status code"), null=True)  # None: no response
    error = models.CharField(_("error"), max_length=300, blank=True)
    answer = models.CharField(
        _("response"), max_length=1000, blank=True
    )  # Segment's response body, truncated
    # Of the response, a line each, without cookies. Empty if it accepted the events.
    headers = models.TextField(_("headers"), blank=True, default="", db_default="")
    retry_at = models.DateTimeField(_("next attempt"), null=True)

    class Meta:
        verbose_name = _("delivery attempt")
        verbose_name_plural = _("delivery attempts")
        indexes = [
            # The attempts of a connection, newest first.
            models.Index(fields=["connection", "-id"], name="delivery_list"),
            # The attempts whose range includes one event.
            models.Index(fields=["connection", "last_seq"], name="delivery_range"),
        ]

    def __str__(self) -> str:
        if self.first_seq == self.last_seq:
            text = gettext("Event %(last)s: %(outcome)s")
        else:
            text = gettext("Events %(first)s–%(last)s: %(outcome)s")
        outcome = self.get_outcome_display()
        return text % {
            "first": self.first_seq,
            "last": self.last_seq,
            "outcome": outcome,
        }


class Rejection(models.Model):
    """An event that Segment permanently rejected."""

    connection = models.ForeignKey(
        "streams.Connection",
        on_delete=models.PROTECT,
        related_name="rejections",
        verbose_name=_("connection"),
    )
    cursor = models.ForeignKey(
        Cursor, on_delete=models.PROTECT, related_name="+", verbose_name=_("cursor")
    )
    seq = models.BigIntegerField(_("event number"))
    reason = models.CharField(_("reason"), max_length=300)
    status_code = models.IntegerField(_("status code"), null=True)
    created_at = models.DateTimeField(_("rejected"), default=now)
    # When a replay delivered the event, and the replay's cursor. Both or neither are set.
    recovered_at = models.DateTimeField(_("recovered"), null=True)
    recovered_by = models.ForeignKey(
        Cursor,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("recovered by"),
    )

    class Meta:
        verbose_name = _("rejected event")
        verbose_name_plural = _("rejected events")
        constraints = [
            models.UniqueConstraint(fields=["cursor", "seq"], name="rejected_once"),
        ]

    def __str__(self) -> str:
        text = gettext("Event %(number)s: %(reason)s")
        return text % {"number": self.seq, "reason": self.reason}


class CursorMark(models.Model):
    """The position of a cursor at the start of a quarter of an hour in which it moved."""

    pk = models.CompositePrimaryKey("cursor_id", "at")
    cursor_id = models.BigIntegerField()
    at = models.DateTimeField()
    position = models.BigIntegerField()
    rejected = models.BigIntegerField()
    erased = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="cursor_mark_age"),  # rows to delete
        ]

    def __str__(self) -> str:
        return f"{self.cursor_id} {self.at:%Y-%m-%d %H:%M} {self.position}"
