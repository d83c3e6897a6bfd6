"""The pages of alerts, of a workspace and of a partner."""

from __future__ import annotations

from django.urls import URLPattern, path

from streams.portal.alerts import acknowledging, lateness, muting, notice_delivery
from streams.portal.alerts import views as alerts


def _forms(prefix: str = "") -> list[URLPattern]:
    """Return the paths of the forms about an alert, with names that start with `prefix`."""
    return [
        path(
            "<int:pk>/acknowledge/",
            acknowledging.alert_acknowledge,
            name=f"{prefix}alert-acknowledge",
        ),
        path("<int:pk>/mute/", muting.alert_mute, name=f"{prefix}alert-mute"),
        path("<int:pk>/unmute/", muting.alert_unmute, name=f"{prefix}alert-unmute"),
    ]


workspace_pages = [
    path("", alerts.alerts, name="alerts"),
    path("settings/", lateness.alert_settings, name="alert-settings"),
    path("notices/", notice_delivery.notice_delivery, name="notice-delivery"),
    *_forms(),
]
partner_pages = [
    path("", alerts.partner_alerts, name="partner-alerts"),
    *_forms("partner-"),
]
