"""allauth's forms for second factors, with the portal's limits and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.base.rate_limit import RateLimited
from streams.base.text.validation import validate_one_line
from streams.sign_in import security_notices
from streams.sign_in.second_factor.code_guessing import CodeAttempt, use_once
from streams.web.template_tags import duration

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.tenancy.models import User

MAX_NAME_LENGTH = 60


class _LimitedCode(forms.Form):
    """Counts wrong codes, and accepts a code of an authenticator app once."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = self.code_label
        field.widget = forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autofocus": self.is_only_task,
                "data-secret": True,  # kept in no draft
                "spellcheck": "false",
                "maxlength": 20,
            }
        )

    code_label: StrOrPromise = gettext_lazy("Code")
    is_only_task = True  # of the page

    def clean_code(self) -> str:
        request = context.request
        try:
            attempt = CodeAttempt(request, self.user)
        except RateLimited as limited:
            security_notices.sign_in_limited(request, self.user.email, limited)
            wait = duration(limited.rounded_wait_s)
            raise ValidationError(
                _("There were too many wrong codes. Wait %(wait)s.") % {"wait": wait}
            ) from None
        try:
            code: str = super().clean_code()  # type: ignore[misc]  # allauth's
            self._use_once(code)
        except ValidationError:
            security_notices.code_failed(request, self.user)
            raise
        attempt.succeeded()
        return code

    def _use_once(self, code: str) -> None:
        """Raise ValidationError if the code of an app was already used."""
        found = getattr(self, "authenticator", None)
        if found is None or found.type != Authenticator.Type.TOTP:
            return
        if not use_once(self.user, code.strip()):
            raise get_adapter().validation_error("incorrect_code")


class CodeForm(_LimitedCode, AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The code of the second step of a sign-in."""


class ConfirmCodeForm(_LimitedCode, ReauthenticateForm):  # type: ignore[misc]
    """The code that confirms who uses an open session."""


class AddAppForm(_LimitedCode, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""

    code_label = gettext_lazy("Code from the app")
    is_only_task = False


class _PasskeyName(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=gettext_lazy("Name"),
            max_length=MAX_NAME_LENGTH,
            required=self.fields["name"].required,
            validators=[validate_one_line],
            help_text=gettext_lazy("So that you recognize it in the list."),
        )


class AddPasskeyForm(_PasskeyName, AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey, which by default is enough to sign in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["passwordless"]
        field.label = gettext_lazy("Sign in with only this passkey")
        field.help_text = gettext_lazy(
            "The device then asks for a fingerprint, your face or a PIN."
        )
        field.initial = True
        self.order_fields(["name", "passwordless", "credential"])


class RenamePasskeyForm(_PasskeyName, EditWebAuthnForm):  # type: ignore[misc]
    """The name of a passkey."""
