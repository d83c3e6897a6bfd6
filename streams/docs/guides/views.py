"""Pages of the guides, which are public."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from streams.base.public_urls import addresses
from streams.base.text.markdown import render
from streams.docs.guides import index as shelf
from streams.docs.public_page import PublicPage, show
from streams.docs.published import published_pages

MOST_LISTED = 500  # pages of streams. The search finds all of them


def index(request: HttpRequest) -> HttpResponse:
    """List the guides, and the published pages of streams."""
    page = PublicPage(
        title=_("Documentation"),
        description=_(
            "Send events to your customers' Segment workspaces, see the status of every"
            " event, and operate this portal."
        ),
        document=render(""),
    )
    return show(
        request,
        "docs/index.html",
        page,
        guides=shelf.GUIDES.values(),
        shelves=shelf.SHELVES,
        pages=published_pages(MOST_LISTED),
    )


def guide(request: HttpRequest, name: str) -> HttpResponse:
    """Show one guide."""
    found = shelf.GUIDES.get(name)
    if found is None:
        raise Http404
    before, after = shelf.neighbours(name)
    page = PublicPage(
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
