"""What search engines are told."""

from __future__ import annotations

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from streams.catalog.pages.kinds import Kind
from streams.catalog.pages.models import PageVersion
from streams.catalog.stage import Stage
from streams.docs.guides.shelf import GUIDES
from streams.docs.pages import cacheable
from streams.publishing.pages import address_of

MAX_ADDRESSES = 50_000  # of one sitemap, by its protocol


def sitemap(request: HttpRequest) -> HttpResponse:
    """The guides, and every published page with when it last changed."""
    found = (
        PageVersion.objects.exclude(published_at=None)
        .exclude(stream__stage=Stage.SUSPENDED)
        .values_list("stream__slug", "kind")
        .annotate(changed_at=Max("published_at"))
        .order_by("stream__slug", "kind")
    )
    guides = [reverse("docs:index"), *(guide.path for guide in GUIDES.values())]
    entries = [(request.build_absolute_uri(path), "") for path in guides]
    entries += [
        (
            request.build_absolute_uri(address_of(Kind(kind), slug)),
            f"{changed_at:%Y-%m-%d}",
        )
        for slug, kind, changed_at in found[: MAX_ADDRESSES - len(guides)]
    ]
    content = render_to_string("docs/sitemap.xml", {"entries": entries})
    return cacheable(request, HttpResponse(content, content_type="application/xml"))


def robots(request: HttpRequest) -> HttpResponse:
    """The docs alone are for search engines: all else asks to sign in."""
    where = request.build_absolute_uri(reverse("docs:sitemap"))
    content = f"User-agent: *\nAllow: /docs/\nAllow: /static/\nDisallow: /\nSitemap: {where}\n"
    return cacheable(request, HttpResponse(content, content_type="text/plain"))
