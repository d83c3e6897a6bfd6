"""The URLs of all surfaces."""

from __future__ import annotations

from django.urls import include, path

from streams.docs.search.views import sections_found
from streams.portal.palette.views import search

urlpatterns = [
    # Here, because no surface imports another: the portal's search box also searches the docs.
    path("search/", search, {"search_docs": sections_found}, name="search"),
    path("", include("streams.admin.urls")),
    path("", include("streams.api.urls")),
    path("", include("streams.docs.urls")),
    path("", include("streams.ingest.urls")),
    path("", include("streams.portal.urls")),
]
