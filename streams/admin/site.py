from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse


class StaffSite(AdminSite):
    """The admin behind allauth's sign-in, which limits how often one may guess."""

    site_header = "Partner Portal staff"
    site_title = "Partner Portal staff"
    index_title = "Operations"
    enable_nav_sidebar = False  # the tables want the room

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Off to the sign-in page; 403 for who is signed in and is not staff."""
        guarded = secure_admin_login(super().login)
        response: HttpResponse = guarded(request, extra_context)
        return response
