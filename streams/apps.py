from __future__ import annotations

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

# Imported to register the checks and the handlers for database connections and sign-ins.
from streams import checks
from streams.base.database import session
from streams.web import session_limits

__all__ = ["StaffConfig", "StreamsConfig", "checks", "session", "session_limits"]


class StreamsConfig(AppConfig):
    name = "streams"
    verbose_name = _("Partner Portal")

    def ready(self) -> None:
        # Connects its signal handlers. Here, because it imports allauth's models.
        autodiscover_modules("portal.account.second_factor.signals")


class StaffConfig(SimpleAdminConfig):
    """The admin's configuration. `StaffSite` registers its models when needed."""

    default_site = "streams.admin.site.StaffSite"

    def ready(self) -> None:
        super().ready()
        # Django creates the site at first use, and checks only existing sites.
        admin.site.name  # noqa: B018
