from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext

from streams.base.clock import now
from streams.base.ids import public_id
from streams.base.text import validate_one_line
from streams.catalog.models import Stream
from streams.catalog.stage import DELIVERING
from streams.connections.models import Connection
from streams.connections.regions import SANDBOXES, Region
from streams.delivery.selection import ReplayFilter
from streams.events.models import Feed

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models.functions import Now


def of_tests() -> Q:
    """Cursors that go to the sandbox, or are of a test workspace: they may be sent to
    whatever the stage of the stream (approval.kept_by says the same of one).

    As two sets of ids: PostgreSQL looks neither up unless some cursor depends on it, and
    the sweep asks each second.
    """
    sandbox = Connection.objects.filter(region__in=SANDBOXES)
    tests = Feed.objects.filter(workspace__is_test=True)
    return Q(connection__in=sandbox) | Q(feed__in=tests)


class CursorQuerySet(models.QuerySet["Cursor"]):
    def to_send(self, now: datetime | Now) -> CursorQuerySet:
        """Those that are due, not held, and that neither a halt nor the stage of their
        stream keeps from sending."""
        early = Stream.objects.exclude(stage__in=DELIVERING)
        due = self.filter(
            ~Q(stream__in=early) | of_tests(),
            held=False,
            due_at__lte=now,
        )
        for halt in Halt.objects.all():
            halted = Q(stream=halt.stream_id) if halt.stream_id else Q()
            if halt.region:
                halted &= Q(connection__region=halt.region)
            due = due.exclude(halted) if halted else due.none()
        return due


class Cursor(models.Model):
    """How far a feed has been sent to a connection.

    Accounts for every event after `start`: delivered, rejected, filtered, expired, or
    pending between `position` and the feed's head, or the end of a replay.
    """

    class Kind(models.TextChoices):
        LIVE = "live", "Live"
        REPLAY = "replay", "Replay"

    connection = models.ForeignKey(
        "streams.Connection", on_delete=models.PROTECT, related_name="cursors"
    )
    feed = models.ForeignKey(
        "streams.Feed", on_delete=models.PROTECT, related_name="cursors"
    )
    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.LIVE)
    start = models.BigIntegerField()
    position = models.BigIntegerField()
    # The last number of a replay. None: it is live, and goes on with the feed.
    end_seq = models.BigIntegerField(null=True)
    # When a replay reached its end, or was cancelled before: it moves no more.
    ended_at = models.DateTimeField(null=True)
    # When the event at `position` was received: a bound for reading on, so that
    # PostgreSQL looks into no older partition.
    position_at = models.DateTimeField(null=True)
    rejected = models.BigIntegerField(default=0)
    filtered = models.BigIntegerField(default=0)
    # Deleted before they could be sent.
    expired = models.BigIntegerField(default=0, db_default=0)
    # Of the rejected, those whose rows were deleted with their events.
    rejected_forgotten = models.BigIntegerField(default=0, db_default=0)
    # None: nothing waits. Else something does, and may be sent from then on.
    due_at = models.DateTimeField(null=True)
    # Paused, needing attention, or of a deleted connection: due, but not to be sent.
    held = models.BooleanField(default=False)
    failures = models.IntegerField(
        default=0
    )  # tries in a row without an answer to act on
    failing_since = models.DateTimeField(null=True)
    # Where it stood, and when, as Segment last began to refuse or not to answer; kept
    # when that is over, so that one can replay what came since.
    troubled_seq = models.BigIntegerField(null=True)
    troubled_at = models.DateTimeField(null=True)
    # Segment refused a request whose last event this was: somewhere between
    # `position` and it there is a bad one.
    suspect_seq = models.BigIntegerField(null=True)
    rejections_in_row = models.IntegerField(default=0)
    last_delivered_at = models.DateTimeField(null=True)

    objects = CursorQuerySet.as_manager()

    class Meta:
        constraints = [
            # One live cursor, and one replay at a time. (A live one never ends.)
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
            # Nothing can wake what has ended: no append, no retry, no late answer.
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(due_at=None),
                name="ended_is_never_due",
            ),
        ]
        indexes = [
            # What a drain and the sweep ask each turn: who of this stream is due?
            models.Index(
                fields=["stream", "due_at"],
                condition=Q(due_at__isnull=False, held=False),
                name="cursor_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} cursor {self.pk} at {self.position}"

    @property
    def delivered(self) -> int:
        """Events that Segment took."""
        settled = self.position - self.start
        return settled - self.rejected - self.filtered - self.expired


class Replay(models.Model):
    """What a replay's cursor sends again, how, and who asked for it."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        HELD = "held", "On hold"
        FINISHED = "finished", "Finished"
        STOPPED = "stopped", "Stopped"
        CANCELLED = "cancelled", "Cancelled"

    cursor = models.OneToOneField(
        Cursor, on_delete=models.PROTECT, primary_key=True, related_name="replay"
    )
    public_id = models.CharField(max_length=12, unique=True, default=public_id)
    # The filter; what is empty does not matter.
    name = models.CharField(max_length=200, blank=True)
    type = models.CharField(max_length=8, blank=True)
    user_id = models.CharField(max_length=200, blank=True)
    rejected_only = models.BooleanField(default=False)
    new_ids = models.BooleanField(default=False)  # else the same messageIds
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=now)
    stopped_because = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.public_id

    @property
    def filter(self) -> ReplayFilter:
        """Which events of the range it sends."""
        return ReplayFilter(
            name=self.name,
            type=self.type,
            user_id=self.user_id,
            rejected_only=self.rejected_only,
        )

    @property
    def state(self) -> State:
        """How far it is, as its cursor says."""
        cursor = self.cursor
        if cursor.ended_at is None:
            return self.State.HELD if cursor.held else self.State.RUNNING
        if cursor.position == cursor.end_seq:
            return self.State.FINISHED
        return self.State.STOPPED if self.stopped_because else self.State.CANCELLED


class Lease(models.Model):
    """Who may spend a stream's budget, and until when."""

    stream = models.OneToOneField(
        "streams.Stream",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="lease",
    )
    owner = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.stream_id} until {self.until}"


class HaltQuerySet(models.QuerySet["Halt"]):
    def of_stream(self, stream_id: int) -> HaltQuerySet:
        """Those that keep this stream from sending, to all regions or to one."""
        return self.filter(Q(stream=None) | Q(stream=stream_id))


class Halt(models.Model):
    """An operator's order to send nothing: to a region, for a stream, or at all.

    It is in force while the row is there.
    """

    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="halts",
        help_text="Empty: all streams.",
    )
    region = models.CharField(
        max_length=10, choices=Region, blank=True, help_text="Empty: all regions."
    )
    reason = models.CharField(
        max_length=200,
        validators=[validate_one_line],
        help_text="Customers read this on their pages.",
    )
    created_at = models.DateTimeField(default=now)

    objects = HaltQuerySet.as_manager()

    def __str__(self) -> str:
        region = self.get_region_display()
        if self.stream and region:
            text = gettext("%(stream)s, %(region)s")
        elif self.stream:
            text = gettext("%(stream)s, all regions")
        elif region:
            text = gettext("all streams, %(region)s")
        else:
            text = gettext("all streams, all regions")
        return text % {"stream": self.stream, "region": region}

    def keeps(self, stream_id: int, region: str) -> bool:
        """Whether it keeps this stream from sending to this region."""
        return self.stream_id in {None, stream_id} and self.region in {"", region}


class Delivery(models.Model):
    """One HTTP request to Segment and what came of it.

    On PostgreSQL partitioned by `started_at` (migration 0002).
    """

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", "Delivered"
        SPLIT = "split", "Refused, sent again in halves"
        REJECTED = "rejected", "Rejected"
        RETRY = "retry", "Will be tried again"
        HELD = "held", "Refused, connection held"

    cursor = models.ForeignKey(
        Cursor,
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    connection = models.ForeignKey(
        "streams.Connection",
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="deliveries",
        db_index=False,
    )
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    events = models.IntegerField()
    body_bytes = models.IntegerField()  # before gzip
    started_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    status_code = models.IntegerField(null=True)  # None: no answer
    error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=1000, blank=True)  # Segment's body, cut
    retry_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            # The list of a connection, newest first.
            models.Index(fields=["connection", "-id"], name="delivery_list"),
            # The deliveries whose range holds one event.
            models.Index(fields=["connection", "last_seq"], name="delivery_range"),
        ]

    def __str__(self) -> str:
        return f"{self.first_seq}–{self.last_seq} {self.outcome}"


class Rejection(models.Model):
    """One event that Segment, or the plan, refused for good."""

    connection = models.ForeignKey(
        "streams.Connection", on_delete=models.PROTECT, related_name="rejections"
    )
    cursor = models.ForeignKey(Cursor, on_delete=models.PROTECT, related_name="+")
    seq = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    status_code = models.IntegerField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cursor", "seq"], name="rejected_once"),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.reason}"


class CursorMark(models.Model):
    """Where a cursor stood at the start of a quarter of an hour in which it moved."""

    pk = models.CompositePrimaryKey("cursor_id", "at")
    cursor_id = models.BigIntegerField()
    at = models.DateTimeField()
    position = models.BigIntegerField()
    rejected = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="cursor_mark_age"),  # those to be deleted
        ]

    def __str__(self) -> str:
        return f"{self.cursor_id} {self.at:%Y-%m-%d %H:%M} {self.position}"
