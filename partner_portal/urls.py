from __future__ import annotations

from django.urls import include, path

handler400 = "streams.web.proxies.bad_request"
urlpatterns = [path("", include("streams.urls"))]
