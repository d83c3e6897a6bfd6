from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id
from streams.connections.regions import Region

if TYPE_CHECKING:
    from datetime import datetime


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def current(self) -> ConnectionQuerySet:
        """Connections that are not deleted."""
        return self.filter(deleted_at=None)

    def paused_by_operator(self) -> ConnectionQuerySet:
        """Connections that an operator paused: only operators give a reason."""
        paused = self.current().filter(status=Connection.Status.PAUSED)
        return paused.exclude(status_reason="")

    def unchanged(self, connection: Connection) -> ConnectionQuerySet:
        """The row, if its key and region are still those of `connection`."""
        return self.current().filter(
            pk=connection.pk,
            key_fingerprint=connection.key_fingerprint,
            region=connection.region,
        )


class Connection(models.Model):
    """A Segment source that receives the events of a feed."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        ATTENTION = "attention", _("Needs attention")

    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.PROTECT,
        related_name="connections",
        verbose_name=_("feed"),
    )
    public_id = models.CharField(_("ID"), max_length=12, unique=True, default=public_id)
    region = models.CharField(_("region"), max_length=10, choices=Region)
    # The write key, encrypted for this row (write_keys.py), and the part of it that pages show.
    key_ciphertext = models.BinaryField(editable=False)
    key_ring_id = models.CharField(_("encryption key"), max_length=20, editable=False)
    key_fingerprint = models.CharField(max_length=64, editable=False)
    key_last4 = models.CharField(
        _("last four characters of the write key"), max_length=4
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.ACTIVE
    )
    status_reason = models.CharField(
        _("reason for the status"), max_length=300, blank=True
    )
    status_at = models.DateTimeField(_("status since"), default=now)
    # Verification. Segment returns 200 for any key, so we check: known, then seen.
    known = models.BooleanField(
        _("key recognized"), null=True
    )  # None: Segment could not be reached
    known_at = models.DateTimeField(_("last key check"), null=True)
    test_code = models.CharField(_("code of the test event"), max_length=4, blank=True)
    test_sent_at = models.DateTimeField(_("last test event"), null=True)
    seen_at = models.DateTimeField(_("test event confirmed"), null=True)
    created_at = models.DateTimeField(_("created"), default=now)
    # When the key or the region was last changed; events before that went elsewhere.
    replaced_at = models.DateTimeField(_("key or region changed"), null=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [
            # Two connections would send every event twice.
            models.UniqueConstraint(
                fields=["feed"],
                condition=models.Q(deleted_at=None),
                name="one_connection_per_feed",
            ),
            # Events of two customers in one source can't be separated later.
            models.UniqueConstraint(
                fields=["key_fingerprint"],
                condition=models.Q(deleted_at=None),
                name="one_connection_per_write_key",
            ),
        ]
        # The few that alerts and the operators' first page are about.
        indexes = [
            models.Index(
                fields=["status_at"],
                condition=models.Q(status="attention"),
                name="connection_attention",
            ),
            models.Index(
                fields=["known_at"],
                condition=models.Q(known=False),
                name="connection_key_unknown",
            ),
            models.Index(
                fields=["status_at"],
                condition=models.Q(status="paused") & ~models.Q(status_reason=""),
                name="connection_operator_pause",
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.key_last4} ({Region(self.region).short})"

    @property
    def destination_since(self) -> datetime:
        """Since when it has the current key and region."""
        return self.replaced_at or self.created_at

    @property
    def is_key_unknown(self) -> bool:
        """Whether Segment doesn't recognize the key, and no later test event arrived."""
        if self.known is not False or self.known_at is None:
            return False
        return self.seen_at is None or self.seen_at <= self.known_at
