"""What search engines are told."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from streams.catalog.pages.kinds import Kind
from streams.catalog.pages.models import PageVersion
from streams.docs.pages import cacheable
from streams.docs.stream_pages import ADDRESSES

MAX_ADDRESSES = 50_000  # of one sitemap, by its protocol


def sitemap(request: HttpRequest) -> HttpResponse:
    """Every published page, and when it last changed."""
    newest: dict[tuple[str, str], str] = {}
    found = (
        PageVersion.objects.exclude(published_at=None)
        .order_by("stream__slug", "kind", "number")
        .values_list("stream__slug", "kind", "published_at")
    )
    for slug, kind, published_at in found[:MAX_ADDRESSES]:
        newest[slug, kind] = f"{published_at:%Y-%m-%d}"
    entries = [
        (request.build_absolute_uri(reverse(ADDRESSES[Kind(kind)], args=[slug])), day)
        for (slug, kind), day in newest.items()
    ]
    content = render_to_string("docs/sitemap.xml", {"entries": entries})
    return cacheable(request, HttpResponse(content, content_type="application/xml"))


def robots(request: HttpRequest) -> HttpResponse:
    """The docs alone are for search engines: all else asks to sign in."""
    where = request.build_absolute_uri(reverse("docs:sitemap"))
    content = f"User-agent: *\nAllow: /docs/\nAllow: /static/\nDisallow: /\nSitemap: {where}\n"
    return cacheable(request, HttpResponse(content, content_type="text/plain"))
