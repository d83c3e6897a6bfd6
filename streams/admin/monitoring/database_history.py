from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.base import ReadOnlyAdmin, time_column
from streams.events.data_loss.models import Generation
from streams.events.data_loss.services import in_words, setback


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    """Restores and failovers that lost commits; `manage.py history` acknowledges them."""

    list_display = (
        "number",
        "started",
        "went_back",
        "missing_since",
        "missing_to",
        "ended",
    )
    ordering = ("-pk",)
    started = time_column("started_at", _("started"))
    went_back = time_column("went_back_at", _("rollback detected"))
    missing_since = time_column("missing_from", _("missing from"))
    missing_to = time_column("missing_until", _("missing until"))
    ended = time_column("ended_at", _("acknowledged"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if found := setback():
            messages.error(request, in_words(found))
        return super().changelist_view(request, extra_context)
