"""A public page: the same for everybody, so that browsers and proxies may keep it."""

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
    from streams.base.markdown import Document

MAX_AGE_S = 60  # what was just published is seen by everybody a minute later


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What templates/docs/base.html shows, and what previews of a link are made of."""

    title: str
    description: str  # one or two sentences, without markup
    document: Document
    picture: str = ""  # the path of one


def show(
    request: HttpRequest, template: str, page: Page, **context: object
) -> HttpResponse:
    """Answer with the page, or 304 where the reader has it."""
    return cacheable(request, HttpResponse(written(request, template, page, **context)))


def written(request: HttpRequest, template: str, page: Page, **context: object) -> str:
    """The page as HTML, the same for everybody who asks at this address."""
    shown = {
        "page": page,
        "address": request.build_absolute_uri(request.path),
        "origin": request.build_absolute_uri("/").rstrip("/"),
        **context,
    }
    # Without the request: who is signed in, and hence a cookie, has no say in it.
    return render_to_string(template, shown)


def cacheable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let everybody keep the answer for a minute, and ask by its ETag from then on."""
    digest = hashlib.blake2b(response.content, digest_size=16).hexdigest()
    response.headers["ETag"] = quote_etag(digest)
    patch_cache_control(response, public=True, max_age=MAX_AGE_S)
    etag = response.headers["ETag"]
    return get_conditional_response(request, etag=etag, response=response) or response
