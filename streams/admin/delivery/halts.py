from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery import halt_pages
from streams.admin.shared.base import LIST_AND_FORM, ReadOnlyAdmin, link, time_column
from streams.delivery.limits import halts
from streams.delivery.limits.models import Halt


@admin.register(Halt)
class HaltAdmin(ReadOnlyAdmin):
    """The kill switch. Adding a halt stops delivery, and lifting it resumes delivery."""

    list_display = ("__str__", "reason", "since")
    list_select_related = ("stream",)
    ordering = ("-pk",)
    fields = ("stream_or_all", "region_or_all", "reason", "since", "stops")
    readonly_fields = (*fields, "lift_link")
    since = time_column("created_at", _("since"))
    actions = ("lift",)

    def get_urls(self) -> list[URLPattern]:
        known = {"site": self.admin_site}
        shown = self.admin_site.admin_view(halt_pages.lift)
        return [
            path("lift/", shown, known, name="streams_halt_lift"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (*self.list_display, *self._lift_link(request))

    def get_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        return (*self.fields, *self._lift_link(request))

    def _lift_link(self, request: HttpRequest) -> tuple[str, ...]:
        return ("lift_link",) if self.has_lift_permission(request) else ()

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return halt_pages.stop(request, self.admin_site)

    @admin.display(description=_("stream"))
    def stream_or_all(self, halt: Halt) -> str:
        return link(halt.stream) if halt.stream else gettext("All streams")

    @admin.display(description=_("region"))
    def region_or_all(self, halt: Halt) -> str:
        return halt.get_region_display() or gettext("All regions")

    @admin.display(description=_("stops"))
    def stops(self, halt: Halt) -> str:
        impact = halts.impact(stream=halt.stream, region=halt.region)
        text = ngettext(
            "%(count)s connection", "%(count)s connections", impact.connections
        )
        return text % {"count": f"{impact.connections:,}"}

    @admin.display(description=_("lift"))
    def lift_link(self, halt: Halt) -> str:
        return format_html(
            '<a href="{}">{}</a>', _lift_url([halt.pk]), gettext("Lift…")
        )

    @admin.action(
        description=_("Lift halt and resume delivery…"),
        description_plural=_("Lift halts and resume delivery…"),
        permissions=["lift"],
        location=LIST_AND_FORM,
    )
    def lift(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return HttpResponseRedirect(_lift_url(queryset.values_list("pk", flat=True)))


def _lift_url(ids: Any) -> str:
    return reverse("admin:streams_halt_lift", query={"halt": list(ids)})
