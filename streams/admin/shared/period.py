"""A filter by time for lists of append-only tables."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Max, Min, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now

# Rows get their IDs when they are stored: up to this long after their time.
STORED_WITHIN = timedelta(minutes=5)
PRESETS = {
    "1h": (_("Last hour"), timedelta(hours=1)),
    "24h": (_("Last 24 hours"), timedelta(hours=24)),
    "7d": (_("Last 7 days"), timedelta(days=7)),
}
OTHERS = ("since", "until")


def time_input() -> forms.DateTimeInput:
    """Return a browser's input for a time; its value is in the page's zone, UTC."""
    return forms.DateTimeInput(
        attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
    )


class PeriodForm(forms.Form):
    since = forms.DateTimeField(
        required=False, label=_("Since (UTC)"), widget=time_input()
    )
    until = forms.DateTimeField(
        required=False, label=_("Until (UTC)"), widget=time_input()
    )


class PeriodFilter(admin.SimpleListFilter):
    """Filter by `field`: a preset that ends now, or any two times."""

    template = "admin/period_filter.html"
    title, parameter_name = _("time"), "period"
    field: str

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, Any],
        model: type[Model],
        model_admin: admin.ModelAdmin,
    ) -> None:
        super().__init__(request, params, model, model_admin)
        given = {name: params.pop(name, [""])[-1] for name in OTHERS}
        self.form = PeriodForm(given, auto_id="period-%s")
        valid = self.form.cleaned_data if self.form.is_valid() else {}
        self.since: datetime | None = valid.get("since")
        self.until: datetime | None = valid.get("until")
        if preset := PRESETS.get(self.value() or ""):
            self.since, self.until = now() - preset[1], None
        mine = {*OTHERS, self.parameter_name, "before", "p"}
        self.kept = [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name not in mine
        ]

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        return [(name, str(label)) for name, (label, _length) in PRESETS.items()]

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name, *OTHERS]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Yield the presets; each replaces the two times."""
        link, chosen = changelist.get_query_string, self.value()
        mine = [self.parameter_name, *OTHERS]
        is_any = self.since is None and self.until is None
        yield {
            "selected": is_any,
            "query_string": link(remove=mine),
            "display": _("All"),
        }
        for name, label in self.lookup_choices:
            query = link({self.parameter_name: name}, remove=OTHERS)
            yield {"selected": chosen == name, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.since:
            queryset = queryset.filter(**{f"{self.field}__gte": self.since})
        if self.until:
            queryset = queryset.filter(**{f"{self.field}__lt": self.until})
        return queryset

    def newest_id(self, rows: QuerySet) -> int | None:
        """Return an ID above all rows of the period, close to the newest of them.

        None: the period ends now. IDs and times grow together, so a binary search by ID
        reads about twenty rows; the times have no index.
        """
        if self.until is None:
            return None
        ids = rows.aggregate(low=Min("pk"), high=Max("pk"))
        if ids["low"] is None:
            return None
        by_id = rows.order_by("pk").values_list(self.field, flat=True)

        def time_of(pk: int) -> datetime:
            found: datetime = by_id.filter(pk__gte=pk)[0]
            return found

        numbers = range(ids["low"], ids["high"] + 1)
        until = self.until + STORED_WITHIN
        low: int = ids["low"]
        return low + bisect_left(numbers, until, key=time_of)
