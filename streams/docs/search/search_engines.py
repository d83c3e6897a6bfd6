"""Serve sitemap.xml and robots.txt."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from streams.docs.guides.index import GUIDES
from streams.docs.public_page import cacheable
from streams.docs.published import published_pages

MAX_ADDRESSES = 50_000  # per sitemap, the protocol's limit


def sitemap(request: HttpRequest) -> HttpResponse:
    """List the guides and every published page with the date of its last change."""
    guides = [reverse("docs:index"), *(guide.path for guide in GUIDES.values())]
    entries = [(request.build_absolute_uri(path), "") for path in guides]
    entries += [
        (request.build_absolute_uri(page.path), f"{page.changed_at:%Y-%m-%d}")
        for page in published_pages(MAX_ADDRESSES - len(guides))
    ]
    content = render_to_string("docs/sitemap.xml", {"entries": entries})
    return cacheable(request, HttpResponse(content, content_type="application/xml"))


def robots(request: HttpRequest) -> HttpResponse:
    """Allow only the docs, because all other pages require signing in."""
    where = request.build_absolute_uri(reverse("docs:sitemap"))
    content = f"User-agent: *\nAllow: /docs/\nAllow: /static/\nDisallow: /\nSitemap: {where}\n"
    return cacheable(request, HttpResponse(content, content_type="text/plain"))
