from __future__ import annotations

from django.apps import AppConfig
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
    """Finds no tables by itself: its site does, where it is served."""

    default_site = "streams.admin.site.StaffSite"
