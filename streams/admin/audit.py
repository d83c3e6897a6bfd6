from __future__ import annotations

from django.contrib import admin

from streams.admin.history import HistoryAdmin
from streams.audit.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(HistoryAdmin):
    list_display = ("at", "action", "who", "workspace", "partner", "details")
    list_select_related = ("actor", "workspace", "partner")
    fields = ("at", "action", "who", "workspace", "partner", "details")
    readonly_fields = fields

    @admin.display(description="actor")
    def who(self, entry: AuditEntry) -> str:
        return str(entry.actor) if entry.actor else "the portal itself"

    @admin.display(description="details")
    def details(self, entry: AuditEntry) -> str:
        return "; ".join(f"{name}: {value}" for name, value in entry.detail.items())
