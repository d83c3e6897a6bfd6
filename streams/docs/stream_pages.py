"""Serve the two public pages of a stream and its logo.

Unpublished pages and suspended streams return 404, so operators can take pages down by
suspending the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.text import Truncator
from django.utils.translation import get_language
from django.views.decorators.csp import csp_override

from streams.catalog.models import Stream
from streams.catalog.pages.models import Logo, PageVersion
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.stage import Stage
from streams.docs.page_cache import PageCache, dependencies
from streams.docs.public_page import PublicPage, cacheable, rendered
from streams.publishing.page_data import facts_of
from streams.publishing.pages import address_of, document_of, title_of

if TYPE_CHECKING:
    from streams.publishing.page_data import PageData

# An SVG that is opened directly is a document: it may only draw.
PICTURE_CSP = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "sandbox": "",
}


def source(request: HttpRequest, stream_slug: str) -> HttpResponse:
    """Serve the page about what the stream sends to Segment."""
    return _page(request, stream_slug, PageKind.SOURCE)


def integration(request: HttpRequest, stream_slug: str) -> HttpResponse:
    """Serve the page about setting up the tool."""
    return _page(request, stream_slug, PageKind.INTEGRATION)


@csp_override(PICTURE_CSP)
def logo(request: HttpRequest, stream_slug: str) -> HttpResponse:
    """Serve the logo, which is public even before a page is published."""
    shown = Logo.objects.exclude(stream__stage=Stage.SUSPENDED)
    logo_row = shown.filter(stream__slug=stream_slug).first()
    if logo_row is None:
        raise Http404
    response = HttpResponse(bytes(logo_row.content), content_type=logo_row.content_type)
    return cacheable(request, response)


def _page(request: HttpRequest, stream_slug: str, kind: PageKind) -> HttpResponse:
    """Serve a page, rendered once per version, language and process."""
    streams = Stream.objects.select_related("partner", "profile")
    stream = streams.exclude(stage=Stage.SUSPENDED).filter(slug=stream_slug).first()
    if stream is None:
        raise Http404
    versions = stream.page_versions.published().values_list("kind", "pk")
    newest = {PageKind(of_kind): pk for of_kind, pk in reversed(list(versions))}
    if kind not in newest:
        raise Http404
    plan = stream.plan_versions.published().values_list("pk", flat=True).first()
    has_logo = Logo.objects.filter(stream=stream).exists()
    of = [
        dependencies(stream, version=newest[kind], plan=plan),
        sorted(newest),
        has_logo,
    ]

    def render() -> bytes:
        return _rendered(request, stream, newest, kind, has_logo=has_logo)

    key = (stream.pk, kind, request.build_absolute_uri("/"), get_language())
    return cacheable(request, HttpResponse(_cache.page(key, of, render)))


_cache = PageCache()


def _rendered(
    request: HttpRequest,
    stream: Stream,
    newest: dict[PageKind, int],
    kind: PageKind,
    *,
    has_logo: bool,
) -> bytes:
    version = PageVersion.objects.get(pk=newest[kind])
    facts = facts_of(stream, kind, changed_at=version.published_at)
    page = PublicPage(
        title=title_of(kind, stream.name),
        description=_description(facts),
        document=document_of(version.text, facts),
        picture=reverse("docs:logo", args=[stream.slug]) if has_logo else "",
    )
    links = [
        (address_of(one, stream.slug), title_of(one, stream.name), one == kind)
        for one in PageKind
        if one in newest
    ]  # fmt: skip
    context = {
        "stream": stream,
        "profile": facts.profile,
        "links": links,
        "shown": version,
    }
    return rendered(request, "docs/stream.html", page, **context).encode()


def _description(facts: PageData) -> str:
    """Describe the page for search engines and link previews."""
    usual = f"How {facts.stream.name} sends events to Twilio Segment."
    return Truncator(facts.profile.about or usual).chars(200)
