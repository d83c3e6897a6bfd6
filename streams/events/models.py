from __future__ import annotations

from django.conf import settings
from django.db import models

from streams.base.clock import now
from streams.base.ids import public_id


class Feed(models.Model):
    """One workspace's log of events in one stream: numbered 1, 2, 3 … without gaps."""

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="feeds"
    )
    workspace = models.ForeignKey(
        "streams.Workspace", on_delete=models.PROTECT, related_name="feeds"
    )
    head_seq = models.BigIntegerField(default=0)  # the last number given
    head_at = models.DateTimeField(null=True)  # when it was given
    # The last number that is past its retention: it and all before it cannot be read.
    expired_seq = models.BigIntegerField(default=0, db_default=0)
    # How many of these expired before anybody had connected; a cursor counts its own.
    expired = models.BigIntegerField(default=0, db_default=0)
    # What was received is the head, and these three: events beside the log have no number.
    quarantined = models.BigIntegerField(default=0, db_default=0)  # lie there now
    discarded = models.BigIntegerField(default=0, db_default=0)  # by a person
    quarantine_expired = models.BigIntegerField(default=0, db_default=0)
    # What an official Segment library sends as its write key; shown once.
    ingest_key_digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - many may have none
    ingest_key_hint = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "workspace"], name="one_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace} in {self.stream}"


class Event(models.Model):
    """One Segment call, never changed once written.

    On PostgreSQL the table is partitioned by `received_at` (migration 0002), which
    only grows within a feed. Beside its key it has no index: each would cost about
    as much as all the rest of the append.
    """

    pk = models.CompositePrimaryKey("feed", "seq")
    feed = models.ForeignKey(
        Feed,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    seq = models.BigIntegerField()
    received_at = models.DateTimeField()
    type = models.CharField(max_length=8)
    name = models.CharField(max_length=200)  # of the event, page, screen; cut at 200
    user_id = models.CharField(max_length=200)  # cut at 200
    message_id = models.CharField(max_length=100)
    payload = models.BinaryField()  # the JSON that Segment gets, byte by byte

    def __str__(self) -> str:
        return f"{self.feed_id}/{self.seq} {self.type} {self.name}"


class QuarantinedEvent(models.Model):
    """An event that broke a rule, kept beside the log until somebody decides.

    Its feed is locked while it is written, so within a feed ids are in the order in
    which events came.
    """

    feed = models.ForeignKey(
        Feed,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    received_at = models.DateTimeField()
    type = models.CharField(max_length=8)
    name = models.CharField(max_length=200)
    user_id = models.CharField(max_length=200)
    message_id = models.CharField(max_length=100)
    rule = models.CharField(max_length=40)  # the gravest that it broke
    payload = models.BinaryField()

    class Meta:
        indexes = [
            # Page by page, and a job's way through it.
            models.Index(fields=["feed", "id"], name="quarantine_order"),
            # How many of which, without touching the payloads.
            models.Index(fields=["feed", "rule", "name"], name="quarantine_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.rule} {self.type} {self.name}"


class QuarantineJob(models.Model):
    """What somebody decided about events of one feed that lie in quarantine.

    The row is the truth: a worker goes on where it says. Jobs of several feeds that were
    decided together share their `order`. Never deleted: they are the account.
    """

    class Action(models.TextChoices):
        RELEASE = "release", "Release"
        RENAME = "rename", "Rename"
        DISCARD = "discard", "Discard"

    order = models.CharField(max_length=12, default=public_id, db_index=True)
    feed = models.ForeignKey(
        Feed, on_delete=models.PROTECT, related_name="quarantine_jobs"
    )
    action = models.CharField(max_length=8, choices=Action)
    rule = models.CharField(max_length=40, blank=True)  # empty: any
    name = models.CharField(max_length=200, blank=True)  # empty: any
    new_name = models.CharField(max_length=200, blank=True)
    events = models.BigIntegerField()  # as they were counted
    last_id = models.BigIntegerField()  # what came later is not meant
    position = models.BigIntegerField(default=0)  # the last id that was looked at
    released = models.BigIntegerField(default=0)
    discarded = models.BigIntegerField(default=0)
    kept = models.BigIntegerField(default=0)  # renamed, and still with an error
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=now)
    worked_at = models.DateTimeField(null=True)  # by the database's clock
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Those to be worked on: few, and looked for each second.
            models.Index(
                fields=["worked_at"],
                condition=models.Q(ended_at=None),
                name="quarantine_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.name or 'any'} in feed {self.feed_id}"


class SeenMessage(models.Model):
    """A messageId that a feed has taken, as 128 bits of its digest; kept for the window."""

    # The digest first: a group of many feeds asks for its digests in one statement.
    pk = models.CompositePrimaryKey("digest", "feed_id")
    digest = models.BinaryField(max_length=16)
    feed_id = models.BigIntegerField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.feed_id}/{bytes(self.digest).hex()}"


class FeedMark(models.Model):
    """Where a feed's head stood when its first event of a quarter of an hour came.

    Numbers have no gaps, so two marks tell how many events came between them: a chart
    and a search by time without counting and without an index on the events.
    """

    pk = models.CompositePrimaryKey("feed_id", "at")
    feed_id = models.BigIntegerField()
    at = models.DateTimeField()  # the start of the quarter
    seq = models.BigIntegerField()  # the head before that first event

    class Meta:
        indexes = [
            # Is there a feed with something older than that? Asked before a day is dropped.
            models.Index(fields=["at"], name="feed_mark_age"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.at:%Y-%m-%d %H:%M} {self.seq}"
