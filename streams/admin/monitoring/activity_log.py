from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.append_only import HistoryAdmin
from streams.admin.shared.base import time_column
from streams.admin.shared.period import PeriodFilter
from streams.admin.shared.scope import WorkspaceFilter
from streams.audit.models import AuditEntry
from streams.audit.sentences import SENTENCES, describe, outline
from streams.catalog.models import Stream
from streams.tenancy.models import Partner, User, Workspace


class PartnerFilter(admin.SimpleListFilter):
    """Filter by partner. Lists all partners, without a scan of the activity log."""

    title, parameter_name = _("partner"), "partner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return list(Partner.objects.order_by("name").values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(partner__slug=self.value()) if self.value() else queryset


class StreamFilter(admin.SimpleListFilter):
    title, parameter_name = _("stream"), "stream"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        streams = Stream.objects.order_by("name")
        if partner := request.GET.get(PartnerFilter.parameter_name):
            streams = streams.filter(partner__slug=partner)
        return list(streams.values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(stream=self.value()) if self.value() else queryset


class ActionFilter(admin.SimpleListFilter):
    title, parameter_name = _("activity"), "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(action, outline(action)) for action in SENTENCES]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(action=self.value()) if self.value() else queryset


class AtFilter(PeriodFilter):
    field = "at"


@admin.register(AuditEntry)
class AuditEntryAdmin(HistoryAdmin):
    list_display = (
        "when", "what", "who", "address", "device", "stream", "workspace", "partner",
        "details",
    )  # fmt: skip
    list_filter = (WorkspaceFilter, AtFilter, PartnerFilter, StreamFilter, ActionFilter)
    list_select_related = ("actor", "workspace", "partner")
    search_fields = ("workspace__external_id",)
    search_help_text = _(
        "Enter the full external ID of a workspace, the full slug of a partner, or the"
        " full email of an actor."
    )
    fields = (
        "when", "what", "action", "who", "address", "device", "member", "stream",
        "workspace", "partner", "details",
    )  # fmt: skip
    readonly_fields = fields
    when = time_column("at", _("time"))

    def search_conditions(self, request: HttpRequest, search_term: str) -> list[Q]:
        if public_id := request.GET.get(WorkspaceFilter.parameter_name):
            named = Workspace.objects.filter(public_id=public_id)
            return [Q(workspace=pk) for pk in named.values_list("pk", flat=True)]
        if not search_term:
            return [Q()]
        workspaces = Workspace.objects.filter(external_id=search_term)
        partners = Partner.objects.filter(slug=search_term)
        actors = User.objects.filter(email=search_term.strip().lower())
        return [
            *(Q(workspace=pk) for pk in workspaces.values_list("pk", flat=True)),
            *(Q(partner=pk) for pk in partners.values_list("pk", flat=True)),
            *(Q(actor=pk) for pk in actors.values_list("pk", flat=True)),
        ]

    @admin.display(description=_("activity"))
    def what(self, entry: AuditEntry) -> str:
        return describe(entry.action, entry.detail)

    @admin.display(description=_("actor"))
    def who(self, entry: AuditEntry) -> str:
        return str(entry.actor) if entry.actor else gettext("System")

    @admin.display(description=_("details"))
    def details(self, entry: AuditEntry) -> str:
        return "; ".join(f"{name}: {value}" for name, value in entry.detail.items())
