from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.text.validation import validate_one_line
from streams.connections.regions import Region


class HaltQuerySet(models.QuerySet["Halt"]):
    def of_stream(self, stream_id: int) -> HaltQuerySet:
        """Return the halts that apply to this stream, in one region or in all."""
        return self.filter(Q(stream=None) | Q(stream=stream_id))


class Halt(models.Model):
    """An operator's stop of delivery: to a region, for a stream, or everywhere.

    It applies while the row exists.
    """

    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="halts",
        help_text=_("Empty: all streams."),
        verbose_name=_("stream"),
    )
    region = models.CharField(
        _("region"),
        max_length=10,
        choices=Region,
        blank=True,
        help_text=_("Empty: all regions."),
    )
    reason = models.CharField(
        _("reason"),
        max_length=200,
        validators=[validate_one_line],
        help_text=_("Shown to customers."),
    )
    created_at = models.DateTimeField(_("since"), default=now)

    objects = HaltQuerySet.as_manager()

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
            text = gettext("all streams, %(region)s")
        else:
            text = gettext("all streams, all regions")
        return text % {"stream": self.stream, "region": region}

    def keeps(self, stream_id: int, region: str) -> bool:
        """Whether it stops delivery of this stream to this region."""
        return self.stream_id in {None, stream_id} and self.region in {"", region}
