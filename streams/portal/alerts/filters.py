"""The filters of a list of alerts: open or closed, and the kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from streams.alerts.models import Alert

if TYPE_CHECKING:
    from django.http import QueryDict

    from streams.alerts.queries import AlertQuerySet

_STATUSES = {"open": Q(closed_at=None), "closed": Q(closed_at__isnull=False)}


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A link that filters the list. `value` is empty for all alerts."""

    value: str
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """The chosen status and kind; empty: all."""

    status: str
    condition: str

    @classmethod
    def of(cls, query: QueryDict) -> AlertFilter:
        """Return the filter of a page's address. Unknown values are left out."""
        status, condition = query.get("status", ""), query.get("kind", "")
        return cls(
            status if status in _STATUSES else "",
            condition if condition in Alert.Condition.values else "",
        )

    def __bool__(self) -> bool:
        return bool(self.status or self.condition)

    def apply(self, alerts: AlertQuerySet) -> AlertQuerySet:
        """Return the alerts that match."""
        found = alerts.filter(_STATUSES.get(self.status, Q()))
        return found.filter(condition=self.condition) if self.condition else found

    def statuses(self, alerts: AlertQuerySet) -> list[FilterLink]:
        """Return the links to all, to open and to closed alerts of the kind."""
        of_kind = alerts.filter(condition=self.condition) if self.condition else alerts
        open_ones = Count("pk", filter=_STATUSES["open"])
        counts = of_kind.order_by().aggregate(all=Count("pk"), open=open_ones)
        closed = counts["all"] - counts["open"]
        return [
            FilterLink("", _("All"), counts["all"]),
            FilterLink("open", _("Open"), counts["open"]),
            FilterLink("closed", _("Recovered or ended"), closed),
        ]

    def kinds(self, alerts: AlertQuerySet) -> list[FilterLink]:
        """Return the links to the kinds that there are, the most frequent first."""
        of_status = alerts.filter(_STATUSES.get(self.status, Q())).order_by()
        counts = of_status.values_list("condition").annotate(n=Count("pk"))
        links = [
            FilterLink(kind, str(Alert.Condition(kind).label), n)
            for kind, n in counts.order_by("-n", "condition")
        ]
        return [FilterLink("", _("All kinds"), sum(one.count for one in links)), *links]
