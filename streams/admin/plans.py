from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from streams.admin.base import ReadOnlyAdmin, link, moment
from streams.catalog.plans.models import PlanVersion


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        return [("published", "Published"), ("draft", "Draft")]

    def queryset(self, _: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(published_at__isnull=self.value() == "draft")


@admin.register(PlanVersion)
class PlanVersionAdmin(ReadOnlyAdmin):
    """What streams have said that they send. Published in the portal, by their partner."""

    change_form_template = "admin/plan_version.html"
    list_display = (
        "of_stream", "number", "state", "events", "edited", "published", "published_by",
        "note",
    )  # fmt: skip
    list_display_links = ("number",)
    list_filter = (StateFilter,)
    list_select_related = ("stream", "published_by")
    list_per_page = 50  # each with the whole of its plan
    search_fields = ("stream__slug__exact", "stream__partner__slug__exact")
    search_help_text = "A stream's slug, or a partner's; in full."
    ordering = ("-pk",)
    fields = (
        "of_stream", "number", "state", "edited", "published", "published_by", "note",
    )  # fmt: skip
    readonly_fields = fields
    edited = moment("edited_at", "edited")
    published = moment("published_at", "published")

    @admin.display(description="stream", ordering="stream__slug")
    def of_stream(self, version: PlanVersion) -> str:
        return link(version.stream)

    @admin.display(description="state")
    def state(self, version: PlanVersion) -> str:
        return "Published" if version.published_at else "Draft"

    @admin.display(description="events")
    def events(self, version: PlanVersion) -> int:
        return len(version.plan.events)
