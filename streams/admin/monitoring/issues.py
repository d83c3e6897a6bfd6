from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.base import ReadOnlyAdmin, UncountedList, link, time_column
from streams.admin.shared.scope import WorkspaceOfFeedFilter
from streams.base.clock import now
from streams.observability.issues import queries
from streams.observability.issues.models import IssueKind

if TYPE_CHECKING:
    from streams.observability.issues.queries import IssueTrend


class IssueList(UncountedList):
    """The page's kinds with their counts, which one query reads for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        kinds: list[IssueKind] = list(self.result_list)
        trends = queries.trends([kind.pk for kind in kinds], now())
        for kind in kinds:
            kind.__dict__["trend"] = trends[kind.pk]
        self.result_list = kinds


def trend_of(kind: IssueKind) -> IssueTrend:
    """Return the trend that the list has prefetched, or read it."""
    found: IssueTrend | None = kind.__dict__.get("trend")
    if found is None:
        found = kind.__dict__["trend"] = queries.trends([kind.pk], now())[kind.pk]
    return found


@admin.register(IssueKind)
class IssueKindAdmin(ReadOnlyAdmin):
    """Recent issues with events, per feed and in total per stream."""

    list_display = (
        "id", "workspace", "of_stream", "rule_or_others", "name", "severity", "day", "before",
        "last_seen",
    )  # fmt: skip
    list_display_links = ("id", "rule_or_others")
    list_filter = (WorkspaceOfFeedFilter, "severity")
    list_select_related = ("feed__workspace", "feed__stream", "stream")
    show_full_result_count = False
    search_fields = (
        "feed__workspace__external_id__exact",
        "feed__stream__slug__exact",
        "stream__slug__exact",
        "rule__exact",
        "name__istartswith",
    )
    search_help_text = _(
        "Enter a workspace's external ID, a stream's slug, a rule ID, or the start of an"
        " event name."
    )
    ordering = ("-pk",)
    fields = (
        "feed_link", "of_stream", "rule_or_others", "name", "severity", "path", "message", "fix",
        "day", "before", "first_seen", "last_seen", "shown_sample",
    )  # fmt: skip
    readonly_fields = fields
    first_seen = time_column("first_seen_at", _("first seen"))
    last_seen = time_column("last_seen_at", _("last seen"))

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return IssueList

    @admin.display(description=_("workspace"))
    def workspace(self, kind: IssueKind) -> str:
        return link(kind.feed, kind.feed.workspace) if kind.feed else gettext("All")

    @admin.display(description=_("stream"))
    def of_stream(self, kind: IssueKind) -> str:
        return str(kind.feed.stream if kind.feed else kind.stream)

    @admin.display(description=_("feed"))
    def feed_link(self, kind: IssueKind) -> str:
        return link(kind.feed) if kind.feed else gettext("All feeds of the stream")

    @admin.display(description=_("rule"), ordering="rule")
    def rule_or_others(self, kind: IssueKind) -> str:
        return kind.rule or gettext("All other rules")

    @admin.display(description=_("last 24 hours"))
    def day(self, kind: IssueKind) -> int:
        return trend_of(kind).day

    @admin.display(description=_("previous 24 hours"))
    def before(self, kind: IssueKind) -> int:
        return trend_of(kind).before

    @admin.display(description=_("example structure"))
    def shown_sample(self, kind: IssueKind) -> str:
        return format_html("<pre>{}</pre>", kind.sample) if kind.sample else "–"
