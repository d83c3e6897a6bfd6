from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.text.validation import validate_one_line
from streams.connections.regions import Region


class Halt(models.Model):
    """An operator's stop of delivery: to a region, for a stream, or everywhere.

    It applies while the row exists. send_policy.py says to which connections.
    """

    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="halts",
        help_text=_("If empty, the halt applies to all streams."),
        verbose_name=_("stream"),
    )
    region = models.CharField(
        _("region"),
        max_length=10,
        choices=Region,
        blank=True,
        help_text=_("If empty, the halt applies to all regions."),
    )
    reason = models.CharField(
        _("reason"),
        max_length=200,
        validators=[validate_one_line],
        help_text=_("Shown to customers."),
    )
    created_at = models.DateTimeField(_("since"), default=now)

    class Meta:
        verbose_name = _("halt")
        verbose_name_plural = _("halts")

    def __str__(self) -> str:
        region = self.get_region_display()
        if self.stream and region:
            text = gettext("%(stream)s, %(region)s")
        elif self.stream:
            text = gettext("%(stream)s, all regions")
        elif region:
            text = gettext("All streams, %(region)s")
        else:
            text = gettext("All streams, all regions")
        return text % {"stream": self.stream, "region": region}
