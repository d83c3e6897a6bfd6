"""Process a form that is sent twice only once, and keep one sent without a session.

Each form with a CSRF token also has its own token (`web.template_tags.csrf_token`). A double
click, Back, or a reload sends the same token and the same content again, and gets the first
request's result. Changed content counts as a new submission.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.base.form_claims import claim, digest_of, finish, release
from streams.web.kept_forms import can_be_kept, kept_page, page_of_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIELD = "form_token"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
# Names the processed form, so that the page discards its draft (forms.js).
DONE_COOKIE = "form_done"
DONE_COOKIE_S = 60
WAIT_S, POLL_S = 15.0, 0.1  # wait for the first of two requests
# The first request sets a session, and its result is useless without that session.
UNCLAIMED = {
    "account_login",
    "mfa_authenticate",
    "mfa_trust",
    "mfa_login_webauthn",
    "account_request_login_code",
    "account_confirm_login_code",
}


class FormMiddleware:
    """Claims each form before its view runs, and then records where the result is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        digest = request.__dict__.get("form_claim")
        if digest and (result := _result(request, response)):
            finish(digest, result=result)
            _tell_done(request, response)
        elif digest:
            release(digest)
        if _goes_to_sign_in(response) and can_be_kept(request):
            return kept_page(request)
        if request.method == "GET" and response.status_code == 405:
            return _only_forms(request, response)
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: object,
        kwargs: object,
    ) -> HttpResponse | None:
        """Return the first request's result, or None for a first request or no form."""
        # A view without CSRF checks may read the body itself.
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        if "HX-Request" in request.headers or not _TOKEN.fullmatch(_token(request)):
            return None  # previews save nothing
        if request.resolver_match and request.resolver_match.url_name in UNCLAIMED:
            return None
        return _claimed(request, digest_of(_content(request)))


def _claimed(request: HttpRequest, digest: str) -> HttpResponse | None:
    """Wait for an earlier request with this form; None if none did any work."""
    deadline = time.monotonic() + WAIT_S
    while not (claimed := claim(digest, now=now())).is_first:
        if claimed.result:
            messages.info(
                request,
                _("You already submitted this form. It was processed only once."),
            )
            return HttpResponseRedirect(claimed.result)
        if time.monotonic() > deadline:
            context = {"page": page_of_form(request)}
            return render(
                request, "portal/shared/form_in_progress.html", context, status=409
            )
        # The other request runs in another process, so polling is the only way to wait.
        time.sleep(POLL_S)
    request.__dict__["form_claim"] = digest
    return None


def _token(request: HttpRequest) -> str:
    return request.POST.get(FIELD, "")


def _content(request: HttpRequest) -> Iterator[str | bytes]:
    """Yield everything that identifies a submission: address, person, and fields."""
    yield request.get_full_path()
    yield str(request.user.pk)
    yield _token(request)
    for name, values in sorted(request.POST.lists()):
        if name not in (FIELD, "csrfmiddlewaretoken"):
            yield name
            yield from values
    for name, uploads in sorted(request.FILES.lists()):
        for upload in uploads:
            yield name
            yield upload.name or ""
            yield from upload.chunks()
            upload.seek(0)


def _result(request: HttpRequest, response: HttpResponse) -> str:
    """Return the address of the request's result, or an empty string if it did nothing.

    A view that did its work redirects, or returns 201 with `Location` if the page shows a
    secret that is never shown again.
    """
    if response.status_code == 201:
        return response.headers.get("Location", request.path)
    if 300 <= response.status_code < 400 and not _goes_to_sign_in(response):
        return response.headers["Location"]
    return ""


def _goes_to_sign_in(response: HttpResponse) -> bool:
    location = response.headers.get("Location", "").partition("?")[0]
    return location in (resolve_url(settings.LOGIN_URL), reverse("admin:login"))


def _only_forms(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """Return a page for a URL that only accepts POST: a restarted browser may open it."""
    if refused.content:  # the API returns its own response
        return refused
    page = render(request, "405.html", status=405)
    page.headers["Allow"] = refused.headers["Allow"]
    return page


def _tell_done(request: HttpRequest, response: HttpResponse) -> None:
    response.set_cookie(
        DONE_COOKIE,
        _token(request),
        max_age=DONE_COOKIE_S,
        secure=request.is_secure(),
        samesite="Lax",
    )
