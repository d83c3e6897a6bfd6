from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now

MAX_NAME = 60  # characters
MAX_QUERY = 4_000


class SavedFilter(models.Model):
    """The filter of a list in one workspace, which only its user sees."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_index=False,  # the constraint's index starts with it
        related_name="+",
        verbose_name=_("user"),
    )
    workspace = models.ForeignKey(
        "streams.Workspace",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("workspace"),
    )
    page = models.CharField(_("page"), max_length=20)  # the name of the list's URL
    name = models.CharField(_("name"), max_length=MAX_NAME)
    query = models.CharField(_("filters"), max_length=MAX_QUERY)  # as in a URL
    created_at = models.DateTimeField(_("created"), default=now)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "workspace", "page", "name"], name="one_saved_filter"
            ),
        ]

    def __str__(self) -> str:
        return self.name
