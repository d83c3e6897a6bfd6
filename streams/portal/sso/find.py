"""Find the provider of an email address, and lead there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from streams.portal.sso.forms import FindForm
from streams.sign_in.sso import operators
from streams.sign_in.sso.claims import domain_of
from streams.sign_in.sso.domains import enforced_for, provider_for

if TYPE_CHECKING:
    from streams.sign_in.sso.models import SsoProvider


@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """Ask for an email address, and lead to the provider of its domain.

    The response depends only on the domain, so it doesn't reveal who has an account.
    """
    if request.user.is_authenticated:
        return redirect("portal:home")
    next_url = get_next_redirect_url(request) or ""
    form = FindForm(request.POST or None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        if provider := provider_for(email):
            return to_sign_on(request, provider, email, next_url)
        form.add_error("email", _("There is no single sign-on for this email domain."))
    operators_id = operators.PROVIDER_ID if operators.is_configured() else ""
    context = {"form": form, "next": next_url, "operators": operators_id}
    return render(request, "portal/sso/find.html", context)


@require_POST
@never_cache
def hint(request: HttpRequest) -> HttpResponse:
    """Return the part of the sign-in page that leads to the provider of a typed email.

    A POST, so that the address is in no log.
    """
    email = request.POST.get("login", "")
    next_url = get_next_redirect_url(request) or ""
    context = _context(provider_for(email), email, next_url)
    return render(request, "portal/sso/_hint.html", context)


def to_sign_on(
    request: HttpRequest, provider: SsoProvider, email: str, next_url: str
) -> HttpResponse:
    """Return the page that leads to a provider at once.

    A redirect wouldn't: the response to a form may not lead to another site (CSP).
    """
    context = _context(provider, email, next_url)
    return render(request, "portal/sso/continue.html", context)


def refuse_other_ways(request: HttpRequest, email: str) -> None:
    """Lead to the provider if everyone of the domain must sign in with it.

    Raises ImmediateHttpResponse.
    """
    if provider := enforced_for(email):
        next_url = get_next_redirect_url(request) or ""
        context = _context(provider, email, next_url)
        page = render(request, "portal/sso/required.html", context, status=403)
        page["Cache-Control"] = "no-store"
        raise ImmediateHttpResponse(page)


def _context(
    provider: SsoProvider | None, email: str, next_url: str
) -> dict[str, object]:
    if provider is None:
        return {}
    query = {"next": next_url} if next_url else None
    start = reverse("openid_connect_login", args=[provider.public_id], query=query)
    return {"provider": provider, "domain": domain_of(email), "start": start}
