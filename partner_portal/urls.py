from __future__ import annotations

from django.urls import include, path

handler400 = "streams.portal.proxies.bad_request"
urlpatterns = [path("", include("streams.urls"))]
