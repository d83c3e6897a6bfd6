"""Pages for second factors: what allauth's views lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.webauthn.views import (
    EditWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from streams.base.client_address import client_address
from streams.base.rate_limit import RateLimited, consume
from streams.portal.shared.navigation import tenants_of
from streams.sign_in.second_factor.sessions import (
    has_factor,
    must_use_second_factor,
    used_second_factor,
)
from streams.sign_in.second_factor.workspaces import is_in_such_a_workspace
from streams.sign_in.sign_in_limits import PASSKEYS_FROM_ADDRESS

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest

    from streams.portal.shared.access import PortalRequest

BACK = "second_factor_back"  # in the session: where the person wanted to go


@login_required
@require_safe
def second_factor(request: PortalRequest) -> HttpResponse:
    """Ask for a second factor, or for the first one to be added, and then lead back."""
    back = get_next_redirect_url(request)
    if used_second_factor(request, request.user):
        # Not redirect(): it takes text without a slash for the name of a URL.
        return HttpResponseRedirect(back or reverse("portal:home"))
    if has_factor(request.user):
        query = {"next": back} if back else {}
        return redirect(reverse("mfa_reauthenticate", query=query))
    if back:
        request.session[BACK] = back
    by_role = must_use_second_factor(request.user)
    context = {
        "by_role": by_role,
        "has_others": not by_role and tenants_of(request.user).several,
    }
    return render(request, "mfa/required.html", context)


@login_required
@require_safe
def second_factor_done(request: PortalRequest) -> HttpResponse:
    """Lead to the page that required the second factor."""
    back = request.session.pop(BACK, None)
    return HttpResponseRedirect(back or reverse("portal:home"))


class Factors(IndexView):  # type: ignore[misc]  # allauth has no types
    """The user's factors."""

    template_name = "mfa/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return allauth's context, and whether the user must have a factor."""
        user = self.request.user
        must = must_use_second_factor(user) or is_in_such_a_workspace(user)
        return {**super().get_context_data(**kwargs), "must_use": must}


class ConfirmPasskey(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Confirm who uses the session with a passkey."""

    def form_invalid(self, form: Form) -> HttpResponse:
        """Show why the passkey was refused, on the same page."""
        for error in form.errors.get("credential", []):
            messages.error(self.request, str(error))
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))


class RenamePasskey(EditWebAuthnView):  # type: ignore[misc]
    """Change the name of a passkey."""

    success_url = reverse_lazy("mfa_index")


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey, except the last factor of a person who must have one."""

    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Form) -> HttpResponse:
        adapter = get_adapter()
        if adapter.can_delete_authenticator(self.get_object()):
            response: HttpResponse = super().form_valid(form)
            return response
        error = adapter.validation_error("cannot_delete_authenticator")
        messages.error(self.request, error.message)
        return HttpResponseRedirect(self.get_success_url())


class PasskeySignIn(LoginWebAuthnView):  # type: ignore[misc]
    """Sign in with a passkey alone. A GET returns the challenge as JSON."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            consume(PASSKEYS_FROM_ADDRESS, client_address(request))
        except RateLimited as limited:
            headers = {"Retry-After": str(limited.retry_after_s)}
            refusal = {"error": _("There were too many attempts. Try again later.")}
            return JsonResponse(refusal, status=429, headers=headers)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response
