from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from streams.admin.search.event_search import NEEDED
from streams.admin.search.queries import (
    LAST,
    SHOWN_AT_START,
    key_hint,
    search,
    searched,
)
from streams.admin.shared.base import staff_of
from streams.base.clock import now
from streams.connections.key_format import problem_with

LONGEST = 200  # characters of a search


def results(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show what matches `q`. A whole key is cut to the characters that pages show."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    hint = key_hint(text, *SHOWN_AT_START)
    if hint and hint != text.removesuffix("…"):
        warning = _("Search for the first characters of a key, never for all of it.")
        messages.warning(request, warning)
        return redirect(reverse("admin:search", query={"q": hint}))
    groups = search(staff_of(request), text)
    if not groups and text and problem_with(text) is None:
        warning = _(
            "Search for the last four characters of a write key, never for all of it."
        )
        messages.warning(request, warning)
        return redirect(reverse("admin:search", query={"q": text[-LAST:]}))
    user = staff_of(request)
    is_id = not hint and (not groups or _is_like_id(text))
    content = {
        **site.each_context(request),
        "title": _("Search"),
        "is_email": "@" in text,
        "person": _person_searches(text) if is_id and user.has_perms(NEEDED) else [],
        "search_text": text,
        "groups": groups,
        "hours": settings.DEDUP_WINDOW_HOURS,
        "searched": searched(user),
        "since": now() - timedelta(hours=settings.DEDUP_WINDOW_HOURS),
    }
    return TemplateResponse(request, "admin/search.html", content)


def _is_like_id(text: str) -> bool:
    """Whether the text may be the userId or the email of a person, not a name."""
    return any(character.isdigit() or character in "@_|" for character in text)


def _person_searches(text: str) -> list[tuple[str, str]]:
    """Return the searches for the events of a person: the field of each, and its URL.

    Empty for no text and for several words. An email may be a userId, too.
    """
    if not text or len(text.split()) > 1:
        return []
    page = reverse("admin:search-events")
    fields = ("email", "user_id") if "@" in text else ("user_id",)
    return [(field, f"{page}?{urlencode({field: text})}") for field in fields]
