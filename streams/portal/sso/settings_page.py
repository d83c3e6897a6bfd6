"""The page on which a partner's admins configure single sign-on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from streams.portal.shared.access import (
    PortalRequest,
    partner_to_administer,
    signed_in,
)
from streams.portal.shared.navigation_tags import within
from streams.portal.sso.forms import SsoForm
from streams.portal.sso.testing import TEST
from streams.portal.sso.views import to_provider
from streams.sign_in.sso.discovery import read_configuration
from streams.sign_in.sso.domains import domains_of
from streams.sign_in.sso.http import CustomerSession, Unusable
from streams.sign_in.sso.models import SsoProvider
from streams.sign_in.sso.refusals import SsoRefused
from streams.sign_in.sso.services import (
    NotTested,
    SecretMissing,
    configure,
    remove,
    set_enforced,
)
from streams.web.recent_sign_in import confirmed, confirmed_changes

if TYPE_CHECKING:
    from streams.portal.shared.access import PartnerAccess


@sensitive_post_parameters("client_secret")
@signed_in
@confirmed_changes
def configuration(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the configuration; a POST changes it."""
    access = partner_to_administer(request, slug)
    provider = _provider_of(access)
    form = SsoForm(provider, request.POST or None)
    if form.is_valid() and _saved(request, access, form):
        return redirect(within(access, "partner-sso"))
    context = {"access": access, "form": form, "provider": provider}
    if provider is not None:
        callback = reverse("openid_connect_callback", args=[provider.public_id])
        context["redirect_uri"] = request.build_absolute_uri(callback)
    context["domains"] = domains_of(access.partner)
    return render(request, "portal/sso/configuration.html", context)


@signed_in
@require_GET
def test(request: PortalRequest, slug: str) -> HttpResponse:
    """Send the admin to the provider, to see whether a sign-in would work."""
    access = partner_to_administer(request, slug)
    provider = _provider_of(access)
    if provider is None:
        raise Http404
    return to_provider(request, provider.public_id, purpose=TEST)


@signed_in
@require_POST
@confirmed_changes
def enforce(request: PortalRequest, slug: str) -> HttpResponse:
    """Require single sign-on from everyone with an email domain of the partner."""
    return _with_enforced(request, slug, is_enforced=True)


@signed_in
@require_POST
@confirmed_changes
def allow_passwords(request: PortalRequest, slug: str) -> HttpResponse:
    """Allow other ways to sign in again."""
    return _with_enforced(request, slug, is_enforced=False)


@signed_in
@confirmed
def delete(request: PortalRequest, slug: str) -> HttpResponse:
    """Ask for confirmation; a POST removes the configuration."""
    access = partner_to_administer(request, slug)
    if request.method == "POST":
        remove(partner=access.partner, actor=request.user)
        messages.success(request, _("Single sign-on was removed."))
        return redirect(within(access, "partner-sso"))
    context = {"access": access}
    return render(request, "portal/sso/remove.html", context)


def _with_enforced(
    request: PortalRequest, slug: str, *, is_enforced: bool
) -> HttpResponse:
    access = partner_to_administer(request, slug)
    try:
        set_enforced(
            partner=access.partner, is_enforced=is_enforced, actor=request.user
        )
    except NotTested as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("Single sign-on is required now.")
            if is_enforced
            else _("Passwords are allowed again."),
        )
    return redirect(within(access, "partner-sso"))


def _saved(request: PortalRequest, access: PartnerAccess, form: SsoForm) -> bool:
    """Save the valid form, unless the provider can't be used. Then the form says why."""
    entered = form.entered()
    try:
        with CustomerSession() as session:
            read_configuration(session, entered.issuer)
        configure(
            partner=access.partner,
            entered=entered,
            secret=form.cleaned_data["client_secret"],
            actor=request.user,
        )
    except SecretMissing as error:
        form.add_error("client_secret", str(error))
    except SsoRefused as refusal:
        form.add_error("issuer", refusal.sentence)
    except Unusable:
        form.add_error(
            "issuer",
            _(
                "We can't read the discovery document below this URL. It must be JSON, at a"
                " public address, without a redirect."
            ),
        )
    else:
        messages.success(request, _("Saved. Test single sign-on next."))
        return True
    return False


def _provider_of(access: PartnerAccess) -> SsoProvider | None:
    return SsoProvider.objects.filter(partner=access.partner).first()
