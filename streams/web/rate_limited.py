from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse

from streams.web.kept_forms import kept_form
from streams.web.template_tags import duration

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    from streams.base.rate_limit import RateLimited


def too_many(
    request: HttpRequest, limited: RateLimited, what: StrOrPromise
) -> HttpResponse:
    """Return the page for a rate limit: `what`, a sentence, says what exceeded it.

    The page holds the submitted form. Call this only from views that check the CSRF token,
    so that no other site decides what the page shows.
    """
    context = {
        "what": what,
        "wait": duration(limited.rounded_wait_s),
        "signs_in": request.path == reverse("account_login"),
        **kept_form(request, is_open=True),
    }
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(limited.retry_after_s)
    response["Cache-Control"] = "no-store"
    return response
