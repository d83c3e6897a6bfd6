"""The URLs of all surfaces."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("streams.admin.urls")),
    path("", include("streams.api.urls")),
    path("", include("streams.docs.urls")),
    path("", include("streams.ingest.urls")),
    path("", include("streams.portal.urls")),
]
