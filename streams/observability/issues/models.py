from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.spec.issues import Severity

MOST_KINDS = 200  # per feed or stream; issues of further kinds count in OTHERS
OTHERS = MOST_KINDS  # its slot
SEVERITIES = [
    (Severity.ERROR.value, _("Error")),
    (Severity.WARNING.value, _("Warning")),
    (Severity.HINT.value, _("Hint")),
]


class IssueKind(models.Model):
    """A rule that events with one name break in a feed, or in any feed of a stream.

    Each feed and stream has MOST_KINDS slots, so the number of rows is bounded. The kinds
    of a stream are sums, because adding up many feeds would take too long. A kind is
    deleted a week after it was last seen.
    """

    # Either feed or stream is set. The constraints on their slots serve as indexes.
    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="issue_kinds",
        verbose_name=_("feed"),
    )
    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="issue_kinds",
        verbose_name=_("stream"),
    )
    slot = models.PositiveSmallIntegerField(_("slot"))
    rule = models.CharField(_("rule"), max_length=40)  # empty: all kinds without a slot
    name = models.CharField(
        _("event name"), max_length=200
    )  # of the event, or else its call
    severity = models.CharField(_("severity"), max_length=7, choices=SEVERITIES)
    # From one event of the latest hour with such events. Its values are not kept.
    path = models.CharField(_("path"), max_length=200, blank=True)
    message = models.CharField(_("message"), max_length=300, blank=True)
    fix = models.CharField(_("fix"), max_length=300, blank=True)
    sample = models.TextField(
        _("example structure"), blank=True
    )  # JSON by redaction.sample_of
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        db_table = "streams_findingkind"  # the table keeps its first name
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
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
        return f"{self.rule} {self.name}" if self.rule else gettext("all other rules")


class IssueHour(models.Model):
    """The number of events of a kind in an hour, kept for a week."""

    pk = models.CompositePrimaryKey("kind", "at")
    kind = models.ForeignKey(
        IssueKind, on_delete=models.CASCADE, db_index=False, related_name="hours"
    )
    at = models.DateTimeField()  # the start of the hour
    count = models.BigIntegerField()

    class Meta:
        db_table = "streams_findinghour"  # the table keeps its first name
        indexes = [
            # For deleting hours older than a week.
            models.Index(fields=["at"], name="finding_hour_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.at:%Y-%m-%d %H:%M} {self.count}"
