"""The range of the chart, from a page's query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from streams.events.quarter_hours import QUARTER, quarter
from streams.observability.chart import ChartSpan
from streams.portal.shared.form_choices import MomentField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise

CUSTOM, DEFAULT = "custom", "24h"
PRESETS: dict[str, tuple[timedelta, StrOrPromise]] = {
    "1h": (timedelta(hours=1), _("1 hour")),
    "24h": (timedelta(hours=24), _("24 hours")),
    "7d": (timedelta(days=7), _("7 days")),
    "30d": (timedelta(days=30), _("30 days")),
}
LONGEST = timedelta(days=365)


class ChartRangeForm(forms.Form):
    """A range with its own start and end."""

    since = MomentField(_("From"))
    until = MomentField(_("To"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRange:
    """The range that the reader chose, and the span of time that it stands for."""

    name: str
    span: ChartSpan
    query: dict[str, str]  # keeps the choice
    form: ChartRangeForm
    midnight: datetime  # in the reader's time zone


def chart_range(query: Mapping[str, str], now: datetime) -> ChartRange:
    """Return the range in a query; the last 24 hours if it has none that can be read."""
    local = timezone.localtime(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    name = query.get("range", DEFAULT)
    form = ChartRangeForm(query if name == CUSTOM else None)
    if name == CUSTOM and form.is_valid() and form.cleaned_data["since"]:
        until = min(form.cleaned_data["until"] or now, now)
        since = max(form.cleaned_data["since"], until - LONGEST)
        if since < until:
            span = ChartSpan.of(since, until, midnight=midnight)
            kept = {field: query[field] for field in form.fields if query.get(field)}
            kept["range"] = CUSTOM
            return ChartRange(
                name=CUSTOM, span=span, query=kept, form=form, midnight=midnight
            )
    if name not in PRESETS:
        name = DEFAULT
    since = quarter(now) + QUARTER - PRESETS[name][0]
    return ChartRange(
        name=name,
        span=ChartSpan.of(since, now, midnight=midnight),
        query={"range": name},
        form=form,
        midnight=midnight,
    )
