"""Input of forms that couldn't be processed, shown again so that it isn't lost.

The page holds the input, not the server, so that no one can fill the disk with it. It is
processed only when the person submits it again. Secrets are left out and must be reentered.
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
from django.utils.translation import gettext_lazy as _
from django.views.csrf import csrf_failure as django_csrf_failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

# Never sent back to a page. `change` holds an encrypted write key (pending_key.py).
SECRETS: dict[str, StrOrPromise] = {
    "write_key": _("Write key"),
    "webhook_url": _("URL"),
    "client_secret": _("Client secret"),
    "person": _("Identifier of a person"),
    "password": _("Password"),
    "password1": _("New password"),
    "password2": _("Confirm new password"),
    "oldpassword": _("Current password"),
    "old_password": _("Current password"),  # Django's names, as in the admin
    "new_password1": _("New password"),
    "new_password2": _("Confirm new password"),
    "change": "",
    "code": _("Code"),
    "credential": "",
}
# Fields that the form fills in, not the person, and primary keys.
HIDDEN = {
    "form_token",
    "seen",
    "learned",
    "last_id",
    "do",
    "next",
    "remember",
    "stream",
    "partner",
    "workspace",
    "user",
}
# Labels of the fields that hold most; others are shown by their names.
LABELS = {
    "login": _("Email"),
    "external_id": _("Your ID"),
    "email": _("Email"),
    "name": _("Name"),
    "note": _("Note"),
    "notes": _("Notes"),
    "region": _("Region"),
    "role": _("Role"),
    "text": _("Text"),
    "when": _("Trigger"),
    "path": _("Name"),
    "DELETE": _("Delete"),
}
# Buttons, counters, and empty rows.
OF_THE_FORM = re.compile(r"^_|_FORMS$|-count$|-id$|__prefix__")
# A field of a row, by Django's convention: rows-number-field. Rows are counted from 0.
ROW_FIELD = re.compile(r"(?P<rows>\w+)-(?P<number>\d+)-(?P<field>\w+)")
ROW_LABELS = {
    "memberships": _("Member %(number)d: %(field)s"),
    "properties": _("Property %(number)d: %(field)s"),
    "context": _("Context property %(number)d: %(field)s"),
}
SHORT = 80  # characters; longer or multiline values get a text area
SIGNED_OUT = "signed-out"  # an event for forms.js


@dataclass(frozen=True, slots=True)
class KeptField:
    """A submitted value."""

    name: str
    value: str

    @property
    def label(self) -> str:
        """The field as people know it, with the number of its row."""
        row = ROW_FIELD.fullmatch(self.name)
        if row is None or row["rows"] not in ROW_LABELS:
            return _label(self.name)
        named = {"number": int(row["number"]) + 1, "field": _label(row["field"])}
        return str(ROW_LABELS[row["rows"]]) % named

    @property
    def is_hidden(self) -> bool:
        """Whether the field is empty, or was filled in by the form itself."""
        row = ROW_FIELD.fullmatch(self.name)
        name = row["field"] if row else self.name
        of_the_form = name in HIDDEN or OF_THE_FORM.search(self.name)
        return bool(of_the_form) or not self.value

    @property
    def is_long(self) -> bool:
        return len(self.value) > SHORT or "\n" in self.value


def can_be_kept(request: HttpRequest) -> bool:
    """Whether a form of one of our own pages was sent: no other site chooses what we show."""
    return (
        request.method == "POST"
        and "HX-Request" not in request.headers
        and not request.user.is_authenticated
        and _is_from_here(request)
    )


def kept_page(request: HttpRequest) -> HttpResponse:
    """Return the page that holds the input, to sign in and submit it again."""
    signs_in = request.path == reverse("account_login")
    context = {
        **kept_form(request, is_open=request.user.is_authenticated or signs_in),
        "sign_in": f"{resolve_url(settings.LOGIN_URL)}?next=",
        # The admin doesn't restore input after sign-in (forms.js), so this page keeps it.
        "restores": not request.path.startswith(reverse("admin:index")),
    }
    response = render(request, "portal/shared/kept_form.html", context, status=403)
    response.headers["Cache-Control"] = "no-store"
    return response


def kept_form(request: HttpRequest, *, is_open: bool) -> dict[str, object]:
    """Return the context of `_kept_form.html`: the form as it was sent."""
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
    """Tell htmx that the session has expired, and leave the page as it is."""
    return HttpResponse(status=204, headers={"HX-Trigger": SIGNED_OUT})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Handle a missing or expired CSRF token, or a form from another site."""
    if not _is_from_here(request):
        return django_csrf_failure(request, reason)
    if "HX-Request" in request.headers:
        return signed_out_part()
    return kept_page(request)


def _label(name: str) -> str:
    if name in LABELS:
        return str(LABELS[name])
    words = name.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]


def _fields(request: HttpRequest) -> Iterator[KeptField]:
    for name, values in request.POST.lists():
        if name not in SECRETS and name != "csrfmiddlewaretoken":
            for value in values:
                yield KeptField(name, value)


def page_of_form(request: HttpRequest) -> str:
    """Return the address of the page with the form: some URLs only accept POST."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # an invalid IPv6 address, which no browser sends
        return request.get_full_path()
    if page.netloc == request.get_host() and page.path.startswith("/"):
        return page.path + (f"?{page.query}" if page.query else "")
    return request.get_full_path()


def _is_from_here(request: HttpRequest) -> bool:
    """Check headers that a page can't forge. Older browsers only send Origin."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
