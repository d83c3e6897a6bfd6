"""Pages that change keys, roles or factors ask who is there, if the sign-in was a while ago."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from streams.sign_in.second_factor.sessions import authenticated_recently
from streams.tenancy.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse


def confirmed[Request: HttpRequest, **P](
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """Open a page only if the user completed a step of authentication recently."""

    @wraps(view)
    def page(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if must_confirm(request):
            return confirm(request)
        return view(request, *args, **kwargs)

    return page


def confirmed_changes[Request: HttpRequest, **P](
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """As `confirmed`, but only for the page's POST."""

    @wraps(view)
    def page(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST" and must_confirm(request):
            return confirm(request)
        return view(request, *args, **kwargs)

    return page


def must_confirm(request: HttpRequest) -> bool:
    """Whether the user must confirm who they are. Operators who view as a user only read."""
    if request.__dict__.get("impersonation"):
        return False
    user = request.user
    return isinstance(user, User) and not authenticated_recently(request, user)


def confirm(request: HttpRequest) -> HttpResponse:
    """Redirect to the page that asks for a factor or another sign-in, and then leads back.

    The form isn't kept: it may contain a secret.
    """
    back = request.get_full_path()
    if request.method == "POST":
        back = _page_of_form(request)
        text = _("To change this, confirm it's you. Then submit the form again.")
        messages.info(request, text)
    ways = get_adapter().get_reauthentication_methods(request.user)
    # Without a way, allauth's page says so.
    page = ways[0]["url"] if ways else reverse("account_reauthenticate")
    return redirect(f"{page}?{urlencode({'next': back})}")


def _page_of_form(request: HttpRequest) -> str:
    """Return the path of the page that sent the form."""
    referer = urlsplit(request.headers.get("Referer", ""))
    if referer.netloc != request.get_host():
        return "/"
    return f"{referer.path}?{referer.query}" if referer.query else referer.path
