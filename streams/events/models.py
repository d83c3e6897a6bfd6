from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id


class Feed(models.Model):
    """The event log of a workspace in a stream, numbered 1, 2, 3 … without gaps."""

    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.PROTECT,
        related_name="feeds",
        verbose_name=_("stream"),
    )
    workspace = models.ForeignKey(
        "streams.Workspace",
        on_delete=models.PROTECT,
        related_name="feeds",
        verbose_name=_("workspace"),
    )
    head_seq = models.BigIntegerField(
        _("last event number"), default=0
    )  # the number of the last event
    head_at = models.DateTimeField(
        _("last event"), null=True
    )  # when that event was appended
    # The last event past its retention. It and all earlier events can't be read.
    expired_seq = models.BigIntegerField(
        _("last expired event number"), default=0, db_default=0
    )
    # How many events expired before the first connection. Cursors count later ones.
    expired = models.BigIntegerField(
        _("expired before the first connection"), default=0, db_default=0
    )
    # Received events are the head plus these three, which have no event number.
    quarantined = models.BigIntegerField(
        _("quarantined"), default=0, db_default=0
    )  # in quarantine now
    discarded = models.BigIntegerField(
        _("discarded"), default=0, db_default=0
    )  # by a user
    quarantine_expired = models.BigIntegerField(
        _("expired in quarantine"), default=0, db_default=0
    )
    # Refused because their person is suppressed. They are stored nowhere.
    suppressed = models.BigIntegerField(_("suppressed"), default=0, db_default=0)
    # The key that Segment's libraries send as their write key; shown only once.
    ingest_key_digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - many may have none
    ingest_key_hint = models.CharField(
        _("start of the ingest key"), max_length=8, blank=True
    )
    created_at = models.DateTimeField(_("created"), default=now)

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        constraints = [
            models.UniqueConstraint(fields=["stream", "workspace"], name="one_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace} in {self.stream}"


class ReplacedIngestKey(models.Model):
    """The last ingest key of a feed that a new one replaced, so that its use is noticed."""

    feed = models.OneToOneField(
        Feed,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("feed"),
    )
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(_("start of the ingest key"), max_length=8)
    replaced_at = models.DateTimeField(_("replaced"))

    class Meta:
        verbose_name = _("replaced ingest key")
        verbose_name_plural = _("replaced ingest keys")

    def __str__(self) -> str:
        return self.hint


class Event(models.Model):
    """One Segment call, immutable once stored, unless it is erased (erasure/tombstones.py).

    On PostgreSQL the table is partitioned by `received_at` (migration 0002), which
    only grows within a feed. The key is the only index: another one would cost about
    as much as the rest of the append.
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
    name = models.CharField(
        max_length=200
    )  # of the event, page, or screen; truncated at 200
    user_id = models.CharField(max_length=200)  # truncated at 200
    message_id = models.CharField(max_length=100)
    payload = models.BinaryField()  # the exact JSON that Segment gets

    def __str__(self) -> str:
        return f"{self.feed_id}/{self.seq} {self.type} {self.name}"


class QuarantinedEvent(models.Model):
    """An event in quarantine: it broke a rule, and waits until a user resolves it.

    Its feed is locked while it is stored, so within a feed, IDs are in the order in which
    events were received.
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
    rule = models.CharField(max_length=40)  # the most severe rule that it broke
    payload = models.BinaryField()

    class Meta:
        indexes = [
            # For pages, and for jobs that work through a feed.
            models.Index(fields=["feed", "id"], name="quarantine_order"),
            # For counts by rule and name, without reading payloads.
            models.Index(fields=["feed", "rule", "name"], name="quarantine_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.rule} {self.type} {self.name}"


class WaitingEvent(models.Model):
    """An identifier of an event in quarantine whose person has no known userId.

    The event has one row for each of its identifiers, as the identity map's digests. It is
    released once the map has one of them.
    """

    feed_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=16)
    rank = models.PositiveSmallIntegerField()  # 0: the one that counts most
    # The digest with rank 0. Events with the same one belong to the same person, and keep
    # their order.
    person = models.BinaryField(max_length=16)
    # Found already, by another event of the person; empty: not yet.
    user_id = models.TextField(blank=True, default="", db_default="")
    # In quarantine. The code that deletes that row deletes this one, too.
    event_id = models.BigIntegerField()

    class Meta:
        indexes = [
            # For the events of a person in order, and for links with a digest.
            models.Index(
                fields=["feed_id", "digest", "rank", "event_id"], name="waiting_digest"
            ),
            models.Index(fields=["event_id"], name="waiting_event"),  # deletions
            # Events that can be released.
            models.Index(
                fields=["feed_id", "event_id"],
                condition=Q(rank=0) & ~Q(user_id=""),
                name="waiting_with_user_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id}/{self.event_id}"


class ReleasePosition(models.Model):
    """A feed with events that wait, and the last change of its map that was compared."""

    feed_id = models.BigIntegerField(primary_key=True)
    change = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.feed_id}: {self.change}"


class QuarantineJob(models.Model):
    """An action on events of one feed in quarantine.

    The row stores the progress, where a worker continues. Jobs that were created together
    for several feeds share their `order`. Jobs are never deleted: they are the record.
    """

    class Action(models.TextChoices):
        RELEASE = "release", _("Release")
        RENAME = "rename", _("Rename")
        DISCARD = "discard", _("Discard")

    order = models.CharField(max_length=12, default=public_id, db_index=True)
    feed = models.ForeignKey(
        Feed, on_delete=models.PROTECT, related_name="quarantine_jobs"
    )
    action = models.CharField(max_length=8, choices=Action)
    rule = models.CharField(max_length=40, blank=True)  # empty: any
    name = models.CharField(max_length=200, blank=True)  # empty: any
    new_name = models.CharField(max_length=200, blank=True)
    events = models.BigIntegerField()  # the count when the job was created
    last_id = models.BigIntegerField()  # later events are not affected
    position = models.BigIntegerField(default=0)  # the ID of the last processed event
    released = models.BigIntegerField(default=0)
    discarded = models.BigIntegerField(default=0)
    kept = models.BigIntegerField(default=0)  # renamed, but still with an error
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=now)
    worked_at = models.DateTimeField(null=True)  # the database's time
    ended_at = models.DateTimeField(null=True)
    # It ended early: an event could not be processed. The rest stays in quarantine.
    failed = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            # Open jobs: few rows, queried every second.
            models.Index(
                fields=["worked_at"],
                condition=models.Q(ended_at=None),
                name="quarantine_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.name or 'any'} in feed {self.feed_id}"

    @property
    def left(self) -> int:
        """How many of its events it has not processed."""
        return self.events - self.released - self.discarded - self.kept


class SeenMessage(models.Model):
    """A messageId that a feed has accepted, as a 128-bit digest, for deduplication."""

    # The digest comes first: one statement looks up the digests of many feeds.
    pk = models.CompositePrimaryKey("digest", "feed_id")
    digest = models.BinaryField(max_length=16)
    feed_id = models.BigIntegerField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.feed_id}/{bytes(self.digest).hex()}"


class FeedMark(models.Model):
    """The head of a feed before its first event of a quarter of an hour.

    Numbers have no gaps, so two marks give the number of events between them. Charts and
    searches by time need neither counting nor an index on the events.
    """

    pk = models.CompositePrimaryKey("feed_id", "at")
    feed_id = models.BigIntegerField()
    at = models.DateTimeField()  # the start of the quarter
    seq = models.BigIntegerField()  # the head before that first event

    class Meta:
        indexes = [
            # Finds feeds with older events, before a partition is dropped.
            models.Index(fields=["at"], name="feed_mark_age"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.at:%Y-%m-%d %H:%M} {self.seq}"
