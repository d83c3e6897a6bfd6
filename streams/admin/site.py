from __future__ import annotations

from django.contrib.admin import AdminSite


class StaffSite(AdminSite):
    site_header = "Partner Portal staff"
