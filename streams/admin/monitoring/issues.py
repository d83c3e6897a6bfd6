from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery.badges import severity_badge
from streams.admin.shared.base import ReadOnlyAdmin, UncountedList, time_column
from streams.admin.shared.links import events_link, link, list_link
from streams.admin.shared.row_ids import row_id
from streams.admin.shared.scope import WorkspaceOfFeedFilter
from streams.base.clock import now
from streams.catalog.validation.rules import RULES
from streams.observability.issues import faults, queries
from streams.observability.issues.models import IssueKind
from streams.observability.issues.queries import IssueTrend
from streams.spec.call_structure import CALLS
from streams.spec.issues import Severity
from streams.tenancy.models import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class OfIssueFilter(admin.SimpleListFilter):
    """One issue in each workspace, by the ID of the entry for its stream."""

    title, parameter_name = _("issue"), "issue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        kind = self._kind()
        return [(self.value(), str(kind))] if kind else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        kind = self._kind()
        if kind is None:
            return queryset.none()
        return queryset.filter(
            feed__stream=kind.stream_id, rule=kind.rule, name=kind.name
        )

    def _kind(self) -> IssueKind | None:
        pk = row_id(self.value())
        return IssueKind.objects.filter(pk=pk, feed=None).first() if pk else None


class IssueList(UncountedList):
    """One entry per stream for each fault, or one per workspace if the operator asks for those.

    A search for a rule finds it even where another rule of the fault leads. The page's kinds
    have their counts and workspaces, which four queries read for all of them.
    """

    def get_queryset(self, request: HttpRequest, *args: Any) -> QuerySet:
        kinds = super().get_queryset(request, *args)
        asked = self.params.keys() & {
            WorkspaceOfFeedFilter.parameter_name,
            OfIssueFilter.parameter_name,
        }
        of_a_workspace = bool(self.query) and (
            Workspace.objects.filter(external_id=self.query).exists()
        )
        kinds = kinds.filter(feed__isnull=not (asked or of_a_workspace))
        has_rule = self.query in RULES or OfIssueFilter.parameter_name in self.params
        return kinds if has_rule else faults.leading_kinds(kinds)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        kinds: list[IssueKind] = list(self.result_list)
        same = faults.same_faults(kinds)
        of_faults = {kind.pk for several in same.values() for kind in several}
        trends = queries.trends(list(of_faults), now())
        of_streams = [kind for kind in kinds if kind.feed_id is None]
        spread = queries.spread(of_streams)
        for kind in kinds:
            kind.__dict__["rules"] = [one.rule for one in same[kind.pk]]
            kind.__dict__["trend"] = _of_fault(trends, same[kind.pk])
            kind.__dict__["spread"] = spread.get(kind.pk)
        self.result_list = kinds


def trend_of(kind: IssueKind) -> IssueTrend:
    """Return the trend of the kind's fault, which the list has prefetched, or read it."""
    found: IssueTrend | None = kind.__dict__.get("trend")
    if found is None:
        same = faults.same_faults([kind])[kind.pk]
        trends = queries.trends([one.pk for one in same], now())
        found = kind.__dict__["trend"] = _of_fault(trends, same)
        kind.__dict__["rules"] = [one.rule for one in same]
    return found


def _of_fault(
    trends: Mapping[int, IssueTrend], same: Iterable[IssueKind]
) -> IssueTrend:
    """Return the trend of a fault: an event that breaks several of its rules counts once."""
    found = [trends[kind.pk] for kind in same]
    return IssueTrend(
        day=max(one.day for one in found), before=max(one.before for one in found)
    )


@admin.register(IssueKind)
class IssueKindAdmin(ReadOnlyAdmin):
    """Recent issues with events: one entry per stream, which leads to those of its workspaces."""

    lead = _(
        "Issues of the last 7 days, grouped as in the portal: each row is a fault in events"
        " with one name, by one or more rules. The columns count the events with it."
    )
    when_empty = _("Issues appear within seconds of events that break a rule.")
    list_display = (
        "title", "name", "severity_word", "rule_or_others", "of_stream", "workspaces", "day", "before",
        "last_seen",
    )  # fmt: skip
    by_workspace = (
        "workspace_name", "title", "name", "severity_word", "rule_or_others", "day", "before", "last_seen", "events",
    )  # fmt: skip
    list_filter = (WorkspaceOfFeedFilter, OfIssueFilter, "severity")
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
    ordering = (faults.leading_first(), "-last_seen_at", "-pk")
    fields = (
        "feed_link", "stream_link", "title", "name", "severity_word", "rule_or_others", "events", "path", "message", "fix",
        "day", "before", "first_seen", "last_seen", "shown_sample",
    )  # fmt: skip
    readonly_fields = fields
    first_seen = time_column("first_seen_at", _("first seen"))
    last_seen = time_column("last_seen_at", _("last seen"))

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return IssueList

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns: of an issue by workspace, the workspace comes first."""
        of_one = OfIssueFilter.parameter_name in request.GET
        return self.by_workspace if of_one else self.list_display

    @admin.display(description=_("workspace"))
    def workspace_name(self, kind: IssueKind) -> str:
        return str(kind.feed.workspace if kind.feed else "–")

    @admin.display(description=_("workspaces"))
    def workspaces(self, kind: IssueKind) -> str:
        """Link to the only workspace with the issue, or to the list with one entry for each."""
        spread = kind.__dict__.get("spread")
        if kind.feed:
            return link(kind.feed, kind.feed.workspace)
        if spread is None:
            return "–"
        if spread.only is not None:
            return link(spread.only.feed, spread.only.feed.workspace)
        return list_link(IssueKind, f"{spread.feeds:,}", issue=kind.pk)

    @admin.display(description=_("stream"))
    def of_stream(self, kind: IssueKind) -> str:
        return str(kind.feed.stream if kind.feed else kind.stream)

    @admin.display(description=_("stream"))
    def stream_link(self, kind: IssueKind) -> str:
        stream = kind.feed.stream if kind.feed else kind.stream
        return link(stream) if stream else "–"

    @admin.display(description=_("feed"))
    def feed_link(self, kind: IssueKind) -> str:
        return link(kind.feed) if kind.feed else gettext("All feeds of the stream")

    @admin.display(description=_("affected events"))
    def events(self, kind: IssueKind) -> str:
        """Link to the feed's events of this name, or to the feeds of the stream with the issue."""
        spread = queries.spread([kind]).get(kind.pk) if kind.feed is None else None
        only = spread.only if spread else None
        feed = only.feed if only else kind.feed
        if feed is None:
            return list_link(IssueKind, _("View by workspace"), issue=kind.pk)
        by = "type" if kind.name in CALLS else "name"
        query = {by: kind.name, **({"rule": kind.rule} if kind.rule else {})}
        return events_link(feed, gettext("Events with this issue"), **query)

    @admin.display(description=_("rules"), ordering="rule")
    def rule_or_others(self, kind: IssueKind) -> str:
        trend_of(kind)  # finds the rules, too
        return ", ".join(kind.__dict__["rules"]) if kind.rule else "–"

    @admin.display(description=_("severity"), ordering=faults.leading_first())
    def severity_word(self, kind: IssueKind) -> str:
        return severity_badge(Severity(kind.severity))

    @admin.display(description=_("issue"))
    def title(self, kind: IssueKind) -> str:
        rule = RULES.get(kind.rule)
        return rule.title if rule else kind.rule or gettext("All other rules")

    @admin.display(description=_("events, 24 hours"))
    def day(self, kind: IssueKind) -> int:
        return trend_of(kind).day

    @admin.display(description=_("events, day before"))
    def before(self, kind: IssueKind) -> int:
        return trend_of(kind).before

    @admin.display(description=_("example structure"))
    def shown_sample(self, kind: IssueKind) -> str:
        return format_html("<pre>{}</pre>", kind.sample) if kind.sample else "–"
