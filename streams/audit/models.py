from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from streams.catalog.models import Stream


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def of_stream(self, stream: Stream) -> AuditEntryQuerySet:
        """Return the entries about the stream itself, not about customers' workspaces."""
        return self.filter(
            partner=stream.partner_id, stream=stream.slug, workspace=None
        )


class AuditEntry(models.Model):
    """An entry of the activity log. It contains no secret and no payload.

    Entries are only added: the database refuses to change them, and to delete them within a
    year.
    """

    at = models.DateTimeField(_("time"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("actor"),
    )
    partner = models.ForeignKey(
        "streams.Partner",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("partner"),
    )
    # Without a constraint, because the entry outlives an empty workspace that is deleted,
    # and keeps its ID. With `select_related`, a deleted workspace is also None.
    workspace = models.ForeignKey(
        "streams.Workspace",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("workspace"),
    )
    # The slug of the stream, if the entry is about one. Not a foreign key: a slug never
    # changes, and the entry outlives its stream.
    stream = models.CharField(_("stream"), max_length=50, blank=True, db_default="")
    action = models.CharField(_("action"), max_length=60)  # "connection.paused"
    detail = models.JSONField(_("details"), default=dict)
    # Where the request came from (origin.py); empty for tasks and commands.
    address = models.CharField(_("address"), max_length=43, blank=True, db_default="")
    device = models.CharField(_("device"), max_length=60, blank=True, db_default="")
    # The email of the person whom the entry is about, if it is about one.
    member = models.CharField(_("member"), max_length=254, blank=True, db_default="")

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity log entry")
        verbose_name_plural = _("activity log")
        indexes = [
            # The entries of one workspace, newest first.
            models.Index(fields=["workspace", "-at"], name="audit_by_workspace"),
            models.Index(fields=["partner", "-at"], name="audit_by_partner"),
            # The entries of one stream, newest first.
            models.Index(
                fields=["stream", "-id"],
                condition=models.Q(workspace=None),
                name="audit_by_stream",
            ),
            # The sign-ins of a person, which belong to no workspace and no partner.
            models.Index(
                fields=["member", "-at"],
                condition=models.Q(partner=None) & ~models.Q(member=""),
                name="audit_by_member",
            ),
            # Other entries about a person, such as invitations and roles.
            models.Index(
                fields=["member", "-id"],
                condition=models.Q(partner__isnull=False) & ~models.Q(member=""),
                name="audit_about_member",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"
