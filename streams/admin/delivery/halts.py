from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from streams.admin.delivery import halt_pages
from streams.admin.shared.base import ReadOnlyAdmin, time_column
from streams.admin.shared.links import link, list_link
from streams.connections.models import Connection
from streams.delivery.limits import halts
from streams.delivery.limits.models import Halt


class HaltList(ChangeList):
    """The page's halts with who set them, which one query reads for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: list[Halt] = list(self.result_list)
        operators = halts.operators_of(found)
        for halt in found:
            halt.__dict__["operator"] = operators.get(halt.pk)
        self.result_list = found


@admin.register(Halt)
class HaltAdmin(ReadOnlyAdmin):
    """Adding a halt stops delivery, and lifting it resumes delivery."""

    change_form_template = "admin/halt.html"
    change_list_template = "admin/halt_list.html"
    lead = _(
        "A halt stops delivery of a stream, to a region, or of everything, until an"
        " operator lifts it. To stop one connection alone, pause it on its page."
    )
    list_display = ("__str__", "reason", "set_by", "since")
    list_select_related = ("stream",)
    ordering = ("-pk",)
    fields = ("stream_or_all", "region_or_all", "reason", "set_by", "since", "stops")
    readonly_fields = fields
    since = time_column("created_at", _("since"))

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return HaltList

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

    @admin.display(description=_("set by"))
    def set_by(self, halt: Halt) -> str:
        if "operator" not in halt.__dict__:
            halt.__dict__["operator"] = halts.operators_of([halt]).get(halt.pk)
        return str(halt.__dict__["operator"] or "–")

    @admin.display(description=_("stops"))
    def stops(self, halt: Halt) -> str:
        """Link to the connections that the halt stops, with their number."""
        impact = halts.impact(stream=halt.stream, region=halt.region)
        text = ngettext(
            "%(count)s connection", "%(count)s connections", impact.connections
        )
        shown = text % {"count": f"{impact.connections:,}"}
        return list_link(Connection, shown, halt=halt.pk, deleted="no")

    @admin.display(description=_("lift"))
    def lift_link(self, halt: Halt) -> str:
        url = reverse("admin:streams_halt_lift", query={"halt": [halt.pk]})
        return format_html('<a href="{}">{}</a>', url, gettext("Lift halt…"))
