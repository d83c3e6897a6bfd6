"""Confirm who uses an open session with an emailed code, for people who know no password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import (
    AbstractCodeVerificationProcess,
)
from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import BaseReauthenticateView
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from streams.base.client_address import client_address
from streams.base.rate_limit import RateLimited, consume, give_back
from streams.portal.account.code_sign_in import (
    NOT_SENT,
    TOO_MANY,
    EmailedCodeForm,
    too_often,
)
from streams.sign_in import security_notices
from streams.sign_in.reset_links import EmailNotSent
from streams.sign_in.sign_in_limits import (
    EMAILED_CODES_FROM_ADDRESS,
    EMAILED_CODES_TO_EMAIL,
)
from streams.web.rate_limited import too_many

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest

    from streams.portal.shared.access import PortalRequest

KEY = "confirmation_code"  # in the session


class CodeConfirmation(AbstractCodeVerificationProcess):  # type: ignore[misc]  # allauth's
    """A code that was emailed to the user of this session, which allauth checks."""

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        self._session = request.session
        super().__init__(
            max_attempts=app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS,
            timeout=app_settings.LOGIN_BY_CODE_TIMEOUT,
            state=state,
            user=request.user,
        )

    @classmethod
    def begin(cls, request: PortalRequest) -> None:
        """Email a new code. Raises EmailNotSent."""
        process = cls(request, cls.initial_state(request.user, request.user.email))
        process.send()
        process.persist()

    @classmethod
    def current(cls, request: HttpRequest) -> Self | None:
        """Return what `begin` began in this session, unless it is over."""
        state = request.session.get(KEY)
        found: Self | None = cls(request, state).abort_if_invalid() if state else None
        return found

    def send(self) -> None:
        """Email the code, as for a sign-in."""
        adapter = get_adapter()
        self.state["code"] = adapter.generate_login_code()
        context = {"code": self.code}
        adapter.send_mail("account/email/confirmation_code", self.user.email, context)

    def persist(self) -> None:
        self._session[KEY] = self.state

    def abort(self) -> None:
        self._session.pop(KEY, None)


class ConfirmByCode(BaseReauthenticateView):  # type: ignore[misc]  # allauth has no types
    """Email a code on request, then check it, three times at most."""

    form_class = EmailedCodeForm
    template_name = "account/confirm_by_code.html"
    request: PortalRequest

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        process = CodeConfirmation.current(request)
        if process is None or request.POST.get("action") == "send":
            return self._send()
        if too_often(process):
            return self.form_invalid(self.get_form())
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return allauth's arguments, with the code that is expected."""
        process = CodeConfirmation.current(self.request)
        return {**super().get_form_kwargs(), "code": process.code if process else ""}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return allauth's context, and whether a code was sent."""
        is_sent = CodeConfirmation.current(self.request) is not None
        return {**super().get_context_data(**kwargs), "is_sent": is_sent}

    def form_valid(self, form: Form) -> HttpResponse:
        user = self.request.user
        self.request.session.pop(KEY, None)
        record_authentication(
            self.request, user, "code", email=user.email, reauthenticated=True
        )
        response: HttpResponse = super().form_valid(form)
        return response

    def form_invalid(self, form: Form) -> HttpResponse:
        process = CodeConfirmation.current(self.request)
        security_notices.code_failed(self.request, self.request.user)
        if process and not process.record_invalid_attempt():
            messages.error(
                self.request, _("There were too many wrong codes. Get a new one.")
            )
            return HttpResponseRedirect(self.request.get_full_path())
        response: HttpResponse = super().form_invalid(form)
        return response

    def _send(self) -> HttpResponse:
        request, email = self.request, self.request.user.email
        try:
            consume(EMAILED_CODES_FROM_ADDRESS, client_address(request))
            consume(EMAILED_CODES_TO_EMAIL, email)
        except RateLimited as limited:
            return too_many(request, limited, TOO_MANY)
        try:
            CodeConfirmation.begin(request)
        except EmailNotSent:
            give_back(EMAILED_CODES_TO_EMAIL, email)
            messages.error(request, NOT_SENT)
        return HttpResponseRedirect(self.passthrough_next_url(request.path))
