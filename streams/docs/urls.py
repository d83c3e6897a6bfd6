from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from streams.docs import stream_pages
from streams.docs.guides import views as guides
from streams.docs.search import search_engines
from streams.docs.search import views as search

pages: list[URLPattern | URLResolver] = [
    path("sitemap.xml", search_engines.sitemap, name="sitemap"),
    path("robots.txt", search_engines.robots, name="robots"),
    path("docs/", guides.index, name="index"),
    path("docs/search/", search.results, name="search"),
    path("docs/guide/<slug:name>/", guides.guide, name="guide"),
    # Stream slugs can't hide the paths above: catalog.models.RESERVED_SLUGS.
    path("docs/<slug:stream_slug>/", stream_pages.source, name="source"),
    path(
        "docs/<slug:stream_slug>/integration/",
        stream_pages.integration,
        name="integration",
    ),
    path("docs/<slug:stream_slug>/logo", stream_pages.logo, name="logo"),
]

urlpatterns = [path("", include((pages, "docs")))]
