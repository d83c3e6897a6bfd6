"""The two public pages of a stream, and its logo.

What is not published is not there, nor is anything of a stream that staff have suspended:
so they take down what should not be shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.text import Truncator
from django.views.decorators.csp import csp_override

from streams.catalog.models import Stream
from streams.catalog.pages.kinds import Kind
from streams.catalog.pages.models import Logo
from streams.catalog.stage import Stage
from streams.docs.pages import Page, cacheable, show
from streams.publishing.facts import facts_of
from streams.publishing.pages import address_of, document_of, title_of

if TYPE_CHECKING:
    from streams.publishing.facts import Facts

# An SVG that is opened by itself is a document: it may draw, and nothing else.
PICTURE_CSP = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "sandbox": "",
}


def source(request: HttpRequest, stream_slug: str) -> HttpResponse:
    """What the stream sends into Segment."""
    return _page(request, stream_slug, Kind.SOURCE)


def integration(request: HttpRequest, stream_slug: str) -> HttpResponse:
    """How the tool is set up."""
    return _page(request, stream_slug, Kind.INTEGRATION)


@csp_override(PICTURE_CSP)
def logo(request: HttpRequest, stream_slug: str) -> HttpResponse:
    """Shown to everybody, like the name: a customer sees it before any page is published."""
    shown = Logo.objects.exclude(stream__stage=Stage.SUSPENDED)
    found = shown.filter(stream__slug=stream_slug).first()
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type=found.content_type)
    return cacheable(request, response)


def _page(request: HttpRequest, stream_slug: str, kind: Kind) -> HttpResponse:
    streams = Stream.objects.select_related("partner").exclude(stage=Stage.SUSPENDED)
    stream = streams.filter(slug=stream_slug).first()
    versions = stream.page_versions.published() if stream else None
    shown = versions.filter(kind=kind).first() if versions is not None else None
    if stream is None or versions is None or shown is None:
        raise Http404
    facts = facts_of(stream, kind, changed_at=shown.published_at)
    published = set(versions.values_list("kind", flat=True))
    has_logo = Logo.objects.filter(stream=stream).exists()
    logo_address = reverse("docs:logo", args=[stream.slug]) if has_logo else ""
    page = Page(
        title=title_of(kind, stream.name),
        description=_description(facts),
        document=document_of(shown.text, facts),
        picture=logo_address,
    )
    links = [
        (address_of(one, stream.slug), title_of(one, stream.name), one == kind)
        for one in Kind
        if one in published
    ]  # fmt: skip
    context = {
        "stream": stream,
        "profile": facts.profile,
        "links": links,
        "shown": shown,
    }
    return show(request, "docs/stream.html", page, **context)


def _description(facts: Facts) -> str:
    """For search engines and previews of the link."""
    usual = f"How {facts.stream.name} sends its events into Twilio Segment."
    return Truncator(facts.profile.about or usual).chars(200)
