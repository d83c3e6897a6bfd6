from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from streams.admin.base import moment
from streams.delivery import halts
from streams.delivery.models import Halt


@admin.register(Halt)
class HaltAdmin(admin.ModelAdmin):
    """The kill switch: to add one halts, to delete it lifts. The audit log keeps both."""

    list_display = ("__str__", "reason", "since")
    list_select_related = ("stream",)
    ordering = ("-pk",)
    fields = ("stream", "region", "reason", "since")
    readonly_fields = ("since",)
    autocomplete_fields = ("stream",)
    since = moment("created_at", "since")

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: Any,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        made = halts.halt(
            stream=obj.stream,
            region=obj.region,
            reason=obj.reason,
            actor=request.user,  # type: ignore[arg-type] # a member of staff
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        halts.lift(halt=obj, actor=request.user)  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for halt in queryset:
            self.delete_model(request, halt)
