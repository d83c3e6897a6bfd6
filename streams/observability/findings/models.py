from __future__ import annotations

from django.db import models

from streams.spec.findings import Severity

MOST_KINDS = 200  # of a feed or stream; what comes beyond counts in OTHERS
OTHERS = MOST_KINDS  # its slot


class FindingKind(models.Model):
    """A rule that events of one name break in a feed, or in any feed of a stream.

    Each of them has MOST_KINDS slots, so what is kept is bounded whatever is sent. The
    stream's own are sums: there may be very many feeds to add up. Forgotten a week after
    it was last seen.
    """

    # One of the two; without an index of their own, since their slots have one.
    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="finding_kinds",
    )
    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="finding_kinds",
    )
    slot = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=40)  # empty: all for which there is no slot
    name = models.CharField(max_length=200)  # of the event; of its call if it has none
    severity = models.CharField(
        max_length=7, choices=[(s.value, s.value.capitalize()) for s in Severity]
    )
    # Of one event of the last hour in which there were some. No value of it is kept.
    path = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=300, blank=True)
    fix = models.CharField(max_length=300, blank=True)
    sample = models.TextField(blank=True)  # JSON by redaction.sample_of
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["feed", "slot"], name="finding_slot"),
            models.UniqueConstraint(
                fields=["feed", "rule", "name"], name="finding_kind"
            ),
            models.UniqueConstraint(
                fields=["stream", "slot"], name="finding_slot_of_stream"
            ),
            models.UniqueConstraint(
                fields=["stream", "rule", "name"], name="finding_kind_of_stream"
            ),
            models.CheckConstraint(
                condition=models.Q(feed=None, stream__isnull=False)
                | models.Q(feed__isnull=False, stream=None),
                name="finding_of_feed_or_stream",
            ),
            models.CheckConstraint(
                condition=models.Q(slot__lte=OTHERS), name="finding_slot_bound"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.name}" if self.rule else "others"


class FindingHour(models.Model):
    """How many events of a kind came in an hour; kept for a week."""

    pk = models.CompositePrimaryKey("kind", "at")
    kind = models.ForeignKey(
        FindingKind, on_delete=models.CASCADE, db_index=False, related_name="hours"
    )
    at = models.DateTimeField()  # the start of the hour
    count = models.BigIntegerField()

    class Meta:
        indexes = [
            # What is older than a week.
            models.Index(fields=["at"], name="finding_hour_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.at:%Y-%m-%d %H:%M} {self.count}"
