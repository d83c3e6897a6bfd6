from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """Who did what, and when. Only ever added to; holds no secret and no payload."""

    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    partner = models.ForeignKey(
        "streams.Partner", on_delete=models.PROTECT, null=True, related_name="+"
    )
    workspace = models.ForeignKey(
        "streams.Workspace", on_delete=models.PROTECT, null=True, related_name="+"
    )
    action = models.CharField(max_length=60)  # "connection.paused"
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            # The history of one workspace, newest first.
            models.Index(fields=["workspace", "-at"], name="audit_by_workspace"),
            models.Index(fields=["partner", "-at"], name="audit_by_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"
