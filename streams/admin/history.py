"""Tables that only ever grow, listed without counting them.

A page begins below an id and is found by an index; no page is reached by an offset. A
filter has no index of its own: it looks at SCAN rows for each page, and the page says
how far that came.
"""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from streams.admin.base import ReadOnlyAdmin

SCAN = 50_000
BEFORE = "before"  # in the address: the id above the page


class HistoryList(ChangeList):
    """One page of the newest rows below an id."""

    before: int | None = None
    older: str = ""  # the address of the page that follows; empty: there is none
    searched_to: int | None = None  # set where a filter reached its bound

    def get_queryset(self, request: HttpRequest, *args: Any) -> QuerySet:
        # Taken out of the parameters: a filter or search begins at the newest again.
        before = self.params.pop(BEFORE, "")
        self.filter_params.pop(BEFORE, None)
        self.before = int(before) if before.isdecimal() else None
        return super().get_queryset(request, *args).order_by("-pk")

    def get_results(self, request: HttpRequest) -> None:
        floor = self._floor(request) if self.has_active_filters else None
        page = self._below(self.queryset)
        if floor is not None:
            page = page.filter(pk__gte=floor)
        rows = list(page[: self.list_per_page + 1])
        if len(rows) > self.list_per_page:
            rows.pop()
            self._goes_on(rows[-1].pk)
        elif floor is not None:
            self.searched_to = floor
            self._goes_on(floor)
        self.result_list = rows
        # What the templates ask of a list: this one has no pages to number.
        self.result_count = self.full_result_count = len(rows)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(rows)
        self.paginator = None

    def _below(self, rows: QuerySet) -> QuerySet:
        return rows if self.before is None else rows.filter(pk__lt=self.before)

    def _floor(self, request: HttpRequest) -> int | None:
        """The id of the last row that the filters may look at; None: they reach the end."""
        rows, _ = self.model_admin.get_search_results(
            request, self.root_queryset, self.query
        )
        ids = self._below(rows).order_by("-pk").values_list("pk", flat=True)
        return next(iter(ids[SCAN : SCAN + 1]), None)

    @property
    def newest(self) -> str:
        """The address of the first page."""
        return str(self.get_query_string())

    def _goes_on(self, before: int) -> None:
        self.older = self.get_query_string({BEFORE: before})


class HistoryAdmin(ReadOnlyAdmin):
    """Subclasses search by something that an index finds, or not at all."""

    change_list_template = "admin/history_list.html"
    list_per_page = 100
    show_full_result_count = False
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return HistoryList
