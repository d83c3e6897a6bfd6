"""What was typed into a form that could not be processed: shown again, never lost.

The page holds it, not the server, so that nobody can fill our disk with it. It is processed
only when the person submits it again. Secrets are left out: they are typed again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.views.csrf import csrf_failure as django_csrf_failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

# Never sent back to a page. `change` is a write key under seal (carried.py).
SECRETS = {
    "write_key": "Write key",
    "password": "Password",
    "password1": "Password",
    "password2": "Password (again)",
    "oldpassword": "Current password",
    "old_password": "Current password",  # Django's names, as in the admin
    "new_password1": "New password",
    "new_password2": "New password (again)",
    "change": "",
}
# Of the form, not of the person. A stream is a number here, which nobody typed.
HIDDEN = {
    "form_token",
    "seen",
    "learned",
    "last_id",
    "do",
    "next",
    "remember",
    "stream",
}
# Where the field's name is not what its form calls it.
LABELS = {"login": "Email", "external_id": "Your id"}
# Buttons and counters of the admin's forms, and their empty rows.
OF_THE_ADMIN = re.compile(r"^_|_FORMS$|-id$|__prefix__")
SHORT = 80  # characters; what is longer, or has lines, gets a text area
SIGNED_OUT = "signed-out"  # an event for forms.js


@dataclass(frozen=True, slots=True)
class KeptField:
    """One value that was sent."""

    name: str
    value: str

    @property
    def label(self) -> str:
        words = self.name.replace("_", " ").replace("-", " ")
        return LABELS.get(self.name, words[:1].upper() + words[1:])

    @property
    def is_hidden(self) -> bool:
        of_the_form = self.name in HIDDEN or OF_THE_ADMIN.search(self.name)
        return bool(of_the_form) or not self.value

    @property
    def is_long(self) -> bool:
        return len(self.value) > SHORT or "\n" in self.value


def can_be_kept(request: HttpRequest) -> bool:
    """Whether it is a form of one of our own pages: nobody else chooses what we show."""
    return (
        request.method == "POST"
        and "HX-Request" not in request.headers
        and not request.user.is_authenticated
        and _is_from_here(request)
    )


def kept_page(request: HttpRequest) -> HttpResponse:
    """The page that holds what was sent, with a way to sign in and to submit it again."""
    signs_in = request.path == reverse("account_login")
    shown = {
        **kept_form(request, is_open=request.user.is_authenticated or signs_in),
        "sign_in": f"{resolve_url(settings.LOGIN_URL)}?next=",
        # The admin's pages do not restore what was typed (forms.js): this page keeps it.
        "restores": not request.path.startswith(reverse("admin:index")),
    }
    response = render(request, "portal/kept.html", shown, status=403)
    response.headers["Cache-Control"] = "no-store"
    return response


def kept_form(request: HttpRequest, *, is_open: bool) -> dict[str, object]:
    """What `_kept_form.html` shows: the form as it was sent, to be submitted again."""
    fields = list(_fields(request))
    return {
        "fields": fields,
        "shows": not all(field.is_hidden for field in fields),
        "is_open": is_open,
        "secrets": {
            name: label
            for name, label in SECRETS.items()
            if label and name in request.POST
        },
        "files": "multipart" in (request.content_type or ""),
        "page": page_of_form(request),
    }


def signed_out_part() -> HttpResponse:
    """For a part of a page that was asked for without a session: the page stays as it is."""
    return HttpResponse(status=204, headers={"HX-Trigger": SIGNED_OUT})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The CSRF token is missing or too old, or the form is not ours."""
    if not _is_from_here(request):
        return django_csrf_failure(request, reason)
    if "HX-Request" in request.headers:
        return signed_out_part()
    return kept_page(request)


def _fields(request: HttpRequest) -> Iterator[KeptField]:
    for name, values in request.POST.lists():
        if name not in SECRETS and name != "csrfmiddlewaretoken":
            for value in values:
                yield KeptField(name, value)


def page_of_form(request: HttpRequest) -> str:
    """The page that the form was on: some addresses only take POST."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # no browser sends half an IPv6 address
        return request.get_full_path()
    if page.netloc == request.get_host() and page.path.startswith("/"):
        return page.path + (f"?{page.query}" if page.query else "")
    return request.get_full_path()


def _is_from_here(request: HttpRequest) -> bool:
    """By what browsers say and no page can change; older ones send Origin alone."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
