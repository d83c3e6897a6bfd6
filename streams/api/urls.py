from __future__ import annotations

from django.urls import path

from streams.api import health

app_name = "api"
urlpatterns = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
]
