from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from streams.catalog.models import Stream


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def of_stream(self, stream: Stream) -> AuditEntryQuerySet:
        """What was done to the stream itself, not what was in its customers' workspaces."""
        return self.filter(
            partner=stream.partner_id, stream=stream.slug, workspace=None
        )


class AuditEntry(models.Model):
    """Who did what, and when; holds no secret and no payload.

    Only ever added to: the database refuses to change or delete one (migration 0035).
    """

    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    partner = models.ForeignKey(
        "streams.Partner", on_delete=models.PROTECT, null=True, related_name="+"
    )
    # The entry outlives an empty workspace that is removed: no constraint, and the entry
    # keeps its id. None also stands for a removed one, where `select_related` fetched it.
    workspace = models.ForeignKey(
        "streams.Workspace",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    # The stream's slug, if it is about one. Not a key: a slug never changes, and the
    # entry outlives its stream.
    stream = models.CharField(max_length=50, blank=True, db_default="")
    action = models.CharField(max_length=60)  # "connection.paused"
    detail = models.JSONField(default=dict)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            # The history of one workspace, newest first.
            models.Index(fields=["workspace", "-at"], name="audit_by_workspace"),
            models.Index(fields=["partner", "-at"], name="audit_by_partner"),
            # The history of one stream, newest first.
            models.Index(
                fields=["stream", "-id"],
                condition=models.Q(workspace=None),
                name="audit_by_stream",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"
