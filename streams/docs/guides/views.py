"""The portal's own documentation, for everybody."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from streams.base.addresses import addresses
from streams.base.markdown import render
from streams.docs.guides import shelf
from streams.docs.pages import Page, show
from streams.docs.published import published_pages

MOST_LISTED = 500  # pages of streams; a search finds all
INDEX = Page(
    title="Documentation",
    description="How to send events into your customers' Segment workspaces, how to watch"
    " them arrive, and how to run this portal.",
    document=render(""),
)


def index(request: HttpRequest) -> HttpResponse:
    """What there is to read."""
    return show(
        request,
        "docs/index.html",
        INDEX,
        guides=shelf.GUIDES.values(),
        shelves=shelf.SHELVES.items(),
        pages=published_pages(MOST_LISTED),
    )


def guide(request: HttpRequest, name: str) -> HttpResponse:
    found = shelf.GUIDES.get(name)
    if found is None:
        raise Http404
    before, after = shelf.neighbours(name)
    page = Page(
        title=found.title,
        description=found.summary,
        document=shelf.read(name, addresses(request)),
    )
    return show(
        request,
        "docs/guide.html",
        page,
        guides=shelf.GUIDES.values(),
        shown=found,
        before=before,
        after=after,
    )
