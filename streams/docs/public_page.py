"""Render public pages, which are the same for everyone and cacheable."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
)
from django.utils.http import quote_etag

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.base.text.markdown import Document

MAX_AGE_S = 60  # a published change is visible everywhere after this time


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    """The content of templates/docs/base.html and of link previews."""

    title: StrOrPromise
    description: StrOrPromise  # one or two sentences, without markup
    document: Document
    picture: str = ""  # its path


def show(
    request: HttpRequest, template: str, page: PublicPage, **context: object
) -> HttpResponse:
    """Respond with the page, or 304 if the client has it."""
    return cacheable(
        request, HttpResponse(rendered(request, template, page, **context))
    )


def rendered(
    request: HttpRequest, template: str, page: PublicPage, **context: object
) -> str:
    """Render the page as HTML. The result depends only on the URL."""
    shown = {
        "page": page,
        "address": request.build_absolute_uri(request.path),
        "origin": request.build_absolute_uri("/").rstrip("/"),
        **context,
    }
    # Without the request, so that the page can't depend on the session.
    return render_to_string(template, shown)


def cacheable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Allow caching for a minute, then revalidation by ETag."""
    digest = hashlib.blake2b(response.content, digest_size=16).hexdigest()
    response.headers["ETag"] = quote_etag(digest)
    patch_cache_control(response, public=True, max_age=MAX_AGE_S)
    etag = response.headers["ETag"]
    return get_conditional_response(request, etag=etag, response=response) or response
