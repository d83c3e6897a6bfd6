"""Where Segment sends events of a feed's workspace, and which of them have arrived."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id

# Segment retries for four hours, and replays events later.
MESSAGES_KEPT = timedelta(days=7)


class InboundAddress(models.Model):
    """The address of a feed at which it receives events from Segment.

    The counts are of events in requests that were accepted. `received` is the sum of all
    others. A transaction that stores events of an address holds the lock of its row.
    """

    feed = models.OneToOneField(
        "streams.Feed",
        on_delete=models.CASCADE,
        related_name="inbound_address",
        verbose_name=_("feed"),
    )
    public_id = models.CharField(_("ID"), max_length=12, unique=True, default=public_id)
    # The secret and those before it, encrypted for this row (inbound/secrets.py).
    sealed = models.BinaryField(editable=False)
    key_ring_id = models.CharField(_("encryption key"), max_length=20, editable=False)
    previous_secret_until = models.DateTimeField(
        _("previous secret works until"), null=True, blank=True
    )
    created_at = models.DateTimeField(_("created"), default=now)
    last_received_at = models.DateTimeField(_("last received"), null=True, blank=True)
    # The last request or event that was refused, and the reason, without values of the event.
    last_refused_at = models.DateTimeField(_("last refused"), null=True, blank=True)
    last_refused_rule = models.CharField(_("rule"), max_length=40, blank=True)
    last_refused_reason = models.CharField(_("reason"), max_length=300, blank=True)
    received = models.BigIntegerField(_("received"), default=0, db_default=0)
    learned = models.BigIntegerField(
        _("learned from"), default=0, db_default=0
    )  # it has a userId and an identifier
    unidentified = models.BigIntegerField(
        _("without a userId or an identifier"), default=0, db_default=0
    )
    duplicates = models.BigIntegerField(_("duplicates"), default=0, db_default=0)
    own = models.BigIntegerField(_("sent by the tool"), default=0, db_default=0)
    deletes = models.BigIntegerField(_("deletions"), default=0, db_default=0)
    suppressions = models.BigIntegerField(
        _("suppressions and their ends"), default=0, db_default=0
    )
    suppressed = models.BigIntegerField(
        _("of suppressed people"), default=0, db_default=0
    )
    refused = models.BigIntegerField(_("refused"), default=0, db_default=0)
    # Whether a person who is deleted in Segment is also suppressed here.
    suppresses_deleted = models.BooleanField(
        _("suppress deleted people"), default=False, db_default=False
    )

    class Meta:
        verbose_name = _("inbound address")
        verbose_name_plural = _("inbound addresses")

    def __str__(self) -> str:
        return self.public_id


class InboundMessage(models.Model):
    """An event from Segment that has arrived, so that it isn't counted twice."""

    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    digest = models.BinaryField(max_length=16)  # of its source and messageId
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "digest"], name="one_inbound_message"
            ),
        ]
        indexes = [
            # For `prune`.
            models.Index(fields=["received_at"], name="inbound_message_age"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id}/{self.pk}"
