"""Serve the public docs search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from streams.base.public_urls import addresses
from streams.base.text.markdown import render
from streams.docs.guides import index
from streams.docs.public_page import PublicPage, show
from streams.docs.search.corpus import corpus
from streams.docs.search.ranking import MAX_QUERY, MOST, search

PAGE = PublicPage(
    title=_("Search"),
    description=_("Search the guides of this portal and the docs of every stream."),
    document=render(""),
)


def results(request: HttpRequest) -> HttpResponse:
    """Show the results for `q`, or the empty search page."""
    query = " ".join(request.GET.get("q", "")[:MAX_QUERY].split())
    results = search(query, corpus(addresses(request))) if query else []
    return show(
        request,
        "docs/search.html",
        PAGE,
        guides=index.GUIDES.values(),
        shown=PAGE,  # marks no guide as current
        query=query,
        results=results,
        most=MOST,
    )


def sections_found(request: HttpRequest, query: str) -> list[tuple[str, str, str]]:
    """Return the title, the page and the URL of each matching section, best first."""
    found = search(query, corpus(addresses(request)))
    return [
        (
            result.section.heading or result.section.page,
            result.section.page,
            result.href,
        )
        for result in found
    ]
