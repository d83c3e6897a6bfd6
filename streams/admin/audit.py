from __future__ import annotations

from django.contrib import admin
from django.db.models import Q

from streams.admin.base import moment
from streams.admin.history import HistoryAdmin
from streams.audit.models import AuditEntry
from streams.tenancy.models import Partner, Workspace


@admin.register(AuditEntry)
class AuditEntryAdmin(HistoryAdmin):
    list_display = ("when", "action", "who", "workspace", "partner", "details")
    list_select_related = ("actor", "workspace", "partner")
    search_fields = ("workspace__external_id",)
    search_help_text = "A workspace's external id, or a partner's slug; in full."
    fields = list_display
    readonly_fields = fields
    when = moment("at")

    def strands(self, search_term: str) -> list[Q]:
        if not search_term:
            return [Q()]
        workspaces = Workspace.objects.filter(external_id=search_term)
        partners = Partner.objects.filter(slug=search_term)
        return [
            *(Q(workspace=pk) for pk in workspaces.values_list("pk", flat=True)),
            *(Q(partner=pk) for pk in partners.values_list("pk", flat=True)),
        ]

    @admin.display(description="actor")
    def who(self, entry: AuditEntry) -> str:
        return str(entry.actor) if entry.actor else "the portal itself"

    @admin.display(description="details")
    def details(self, entry: AuditEntry) -> str:
        return "; ".join(f"{name}: {value}" for name, value in entry.detail.items())
