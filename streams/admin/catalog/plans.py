from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.base import ReadOnlyAdmin, time_column
from streams.admin.shared.links import link, may_view
from streams.catalog.models import Stream
from streams.catalog.plans.models import PlanVersion


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = _("state"), "state"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        return [("published", gettext("Published")), ("draft", gettext("Draft"))]

    def queryset(self, _: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(published_at__isnull=self.value() == "draft")


@admin.register(PlanVersion)
class PlanVersionAdmin(ReadOnlyAdmin):
    """Versions of tracking plans. Partners edit and publish them in the portal."""

    when_empty = _("Partners publish tracking plans of their streams in the portal.")
    activity_scope = ("stream", "stream.slug")
    change_form_template = "admin/plan_version.html"
    list_display = (
        "version", "of_stream", "state", "events", "edited", "published", "published_by",
        "note",
    )  # fmt: skip
    list_filter = (StateFilter,)
    list_select_related = ("stream", "published_by")
    list_per_page = 50  # each row loads its entire plan
    search_fields = ("stream__slug__exact", "stream__partner__slug__exact")
    search_help_text = _("Enter the full slug of a stream or a partner.")
    ordering = ("-pk",)
    fields = (
        "of_stream", "number", "state", "edited", "published", "published_by", "note",
    )  # fmt: skip
    readonly_fields = fields
    edited = time_column("edited_at", _("edited"))
    published = time_column("published_at", _("published"))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Lead back to the review of the stream, from which people come."""
        version: PlanVersion | None = kwargs.get("obj")
        if version and may_view(Stream):
            page = reverse("admin:streams_stream_review", args=[version.stream_id])
            context["back_url"] = page
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("version"), ordering="number")
    def version(self, version: PlanVersion) -> str:
        return str(version)

    @admin.display(description=_("stream"), ordering="stream__slug")
    def of_stream(self, version: PlanVersion) -> str:
        return link(version.stream)

    @admin.display(description=_("state"))
    def state(self, version: PlanVersion) -> str:
        return gettext("Published") if version.published_at else gettext("Draft")

    @admin.display(description=_("events"))
    def events(self, version: PlanVersion) -> int:
        return len(version.plan.events)
