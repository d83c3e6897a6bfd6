"""Lists of append-only tables, paged without counting their rows.

Each page starts below an ID and is found through an index, never by an offset. Filters
have no index of their own: a filtered page scans at most SCAN rows and shows how far the
scan got.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from streams.admin.shared.base import ReadOnlyAdmin
from streams.admin.shared.period import PeriodFilter

SCAN = 50_000
BEFORE = "before"  # URL parameter: the page holds rows below this ID


class HistoryList(ChangeList):
    """One page of the newest rows below an ID."""

    model_admin: HistoryAdmin
    before: int | None = None  # from the URL
    below: int | None = (
        None  # the rows of this page and all older ones are below this ID
    )
    older: str = ""  # URL of the next page; empty if there is none
    searched_to: int | None = None  # set if a filter reached its scan limit

    def get_queryset(self, request: HttpRequest, *args: Any) -> QuerySet:
        # Removed from the parameters, so that a new filter or search starts at the newest.
        before = self.params.pop(BEFORE, "")
        self.filter_params.pop(BEFORE, None)
        self.before = int(before) if before.isdecimal() else None
        self.below = self.before
        return super().get_queryset(request, *args).order_by("-pk")

    def get_results(self, request: HttpRequest) -> None:
        search_conditions = self.model_admin.search_conditions(request, self.query)
        self._start_at_the_periods_end()
        floor = self._floor(search_conditions) if self.has_active_filters else None
        page = self._below(self.queryset)
        if floor is not None:
            page = page.filter(pk__gte=floor)
        # One query per condition: for the newest rows of two connections in one query,
        # PostgreSQL would scan the entire history.
        found = chain.from_iterable(
            page.filter(condition)[: self.list_per_page + 1]
            for condition in search_conditions
        )
        # A row may match several conditions, such as a person's own sign-in.
        rows = sorted(
            {row.pk: row for row in found}.values(),
            key=lambda row: row.pk,
            reverse=True,
        )
        self._show(rows[: self.list_per_page])
        if len(rows) > self.list_per_page:
            self._goes_on(rows[self.list_per_page - 1].pk)
        elif floor is not None:
            self.searched_to = floor
            self._goes_on(floor)

    def _start_at_the_periods_end(self) -> None:
        for one in self.filter_specs:
            if isinstance(one, PeriodFilter):
                newest = one.newest_id(self.root_queryset)
                if newest is not None and (self.before is None or newest < self.before):
                    self.below = newest

    @property
    def newest(self) -> str:
        """Return the URL of the first page."""
        return str(self.get_query_string())

    def _below(self, rows: QuerySet) -> QuerySet:
        return rows if self.below is None else rows.filter(pk__lt=self.below)

    def _floor(self, search_conditions: list[Q]) -> int | None:
        """Return the lowest ID that the filters may scan; None if they reach the end."""
        ids = (
            self._below(self.root_queryset).order_by("-pk").values_list("pk", flat=True)
        )
        last = (
            ids.filter(condition)[SCAN : SCAN + 1] for condition in search_conditions
        )
        return max(chain.from_iterable(last), default=None)

    def _goes_on(self, before: int) -> None:
        self.older = self.get_query_string({BEFORE: before})

    def _show(self, rows: list[Any]) -> None:
        self.result_list = rows
        # The attributes that the templates read; this list has no numbered pages.
        self.result_count = self.full_result_count = len(rows)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(rows)
        self.paginator = None


class HistoryAdmin(ReadOnlyAdmin):
    change_list_template = "admin/history_list.html"
    list_per_page = 100
    show_full_result_count = False
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return HistoryList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        return queryset, False  # `search_conditions` does the search

    def search_conditions(self, request: HttpRequest, search_term: str) -> list[Q]:
        """Split a search into conditions whose newest rows an index finds."""
        return [Q()]
