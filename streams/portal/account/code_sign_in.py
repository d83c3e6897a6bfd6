"""Sign-in with a code that is emailed, for people who come too rarely to know a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account import forms, views
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from streams.base.client_address import client_address
from streams.base.rate_limit import RateLimited, consume, give_back
from streams.sign_in import security_notices
from streams.sign_in.reset_links import EmailNotSent
from streams.sign_in.sign_in_limits import (
    EMAILED_CODE_ENTERED,
    EMAILED_CODES_FROM_ADDRESS,
    EMAILED_CODES_TO_EMAIL,
)
from streams.web.rate_limited import too_many

if TYPE_CHECKING:
    from typing import Any

    from allauth.account.internal.flows.code_verification import (
        AbstractCodeVerificationProcess,
    )
    from django.forms import Form
    from django.http import HttpRequest


TOO_MANY = gettext_lazy("You requested too many sign-in codes.")
NOT_SENT = gettext_lazy("We can't send email right now. Try again in a few minutes.")


class EmailedCodeForm(forms.ConfirmLoginCodeForm):  # type: ignore[misc]  # allauth has no types
    """The code from the email."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = gettext_lazy("Code")
        field.widget.attrs = {
            "autocomplete": "one-time-code",
            "autofocus": True,
            "data-secret": True,
            "spellcheck": "false",
        }


def too_often(process: AbstractCodeVerificationProcess) -> bool:
    """Count an attempt to enter an emailed code; return whether it must not be checked.

    allauth counts in the session, which parallel requests read at the same time. So this
    counts for all of them, and ends the process in this session, too.
    """
    try:
        consume(EMAILED_CODE_ENTERED, f"{process.user}:{process.state['at']}")
    except RateLimited:
        process.state["failed_attempts"] = process.max_attempts
        return True
    return False


class RequestCode(views.RequestLoginCodeView):  # type: ignore[misc]  # allauth has no types
    """Email a code. The response is the same whether or not an account exists."""

    def form_valid(self, form: Form) -> HttpResponse:
        email = form.cleaned_data["email"].strip().lower()
        try:
            consume(EMAILED_CODES_FROM_ADDRESS, client_address(self.request))
            consume(EMAILED_CODES_TO_EMAIL, email)
        except RateLimited as limited:
            return too_many(self.request, limited, TOO_MANY)
        try:
            response: HttpResponse = super().form_valid(form)
        except EmailNotSent:
            give_back(EMAILED_CODES_TO_EMAIL, email)
            form.add_error(None, NOT_SENT)
            response = self.form_invalid(form)
            response.status_code = 503
        return response


class ConfirmCode(views.ConfirmLoginCodeView):  # type: ignore[misc]
    """Check the code, three times at most. A second factor follows, if there is one."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse
        if self._action == "verify" and too_often(self._process):
            response = self.form_invalid(self.get_form())
        else:
            response = super().post(request, *args, **kwargs)
        return response

    def _resend_form_valid(self, form: Form) -> HttpResponse:
        email = self._process.state.get("email", "")
        try:
            consume(EMAILED_CODES_TO_EMAIL, email.strip().lower())
            response: HttpResponse = super()._resend_form_valid(form)
        except RateLimited as limited:
            response = too_many(self.request, limited, TOO_MANY)
        except EmailNotSent:
            give_back(EMAILED_CODES_TO_EMAIL, email.strip().lower())
            messages.error(self.request, NOT_SENT)
            response = redirect("account_confirm_login_code")
        return response

    def form_invalid(self, form: Form) -> HttpResponse:
        if email := self._process.state.get("email"):
            security_notices.sign_in_failed(self.request, email)
        response: HttpResponse = super().form_invalid(form)
        return response
