from __future__ import annotations

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig

# Imported to register the checks, and what is done with each database connection and sign-in.
from streams import checks
from streams.base import database
from streams.portal import sessions

__all__ = ["StaffConfig", "StreamsConfig", "checks", "database", "sessions"]


class StreamsConfig(AppConfig):
    name = "streams"
    verbose_name = "Partner Portal"


class StaffConfig(SimpleAdminConfig):
    """Registers no models at startup; `StaffSite` does."""

    default_site = "streams.admin.site.StaffSite"

    def ready(self) -> None:
        super().ready()
        # Django makes the site when it is first used, and checks only sites that exist.
        admin.site.name  # noqa: B018
