"""How a user signs in, as shown on the page of the user, and ending all sessions of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streams.admin.shared.base import staff_of
from streams.admin.shared.links import list_url
from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.base.clock import now
from streams.base.text.validation import validate_one_line
from streams.sign_in import account_state
from streams.sign_in.second_factor.factor_state import factor_state
from streams.sign_in.session_ending import open_sessions, sign_out_everywhere
from streams.tenancy.models import User

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest, HttpResponse


class SignOutForm(forms.Form):
    """Why an operator ends all sessions of a user."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        validators=[validate_one_line],
        help_text=gettext_lazy(
            "Recorded in the activity log. The user reads it in the email."
        ),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


def security_of(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what the page shows about the user's sign-in."""
    at, attempts = now(), account_state.latest_attempts(user)
    return {
        "attempts": [(one, describe(one.action, one.detail)) for one in attempts],
        "failed": account_state.failed_sign_ins(user),
        "limits": account_state.limits_in_effect(user, attempts, at),
        "factors": factor_state(user),
        "sessions": open_sessions(user, current_key=request.session.session_key),
        "log_url": list_url(AuditEntry, q=user.email, kind="sign-in"),
    }


def sign_out(request: HttpRequest, user: User, site: AdminSite) -> HttpResponse:
    """Ask for the reason, then end all sessions of the user."""
    form = SignOutForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        actor = staff_of(request)
        count = sign_out_everywhere(user=user, actor=actor, **form.cleaned_data)
        said = ngettext(
            "Signed %(email)s out everywhere: ended %(count)d session.",
            "Signed %(email)s out everywhere: ended %(count)d sessions.",
            count,
        )
        messages.success(request, said % {"email": user.email, "count": count})
        return redirect("admin:streams_user_change", user.pk)
    content = {
        **site.each_context(request),
        "title": _("Sign %(user)s out everywhere") % {"user": user.email},
        "opts": User._meta,
        "form": form,
        "person": user,
        "sessions": open_sessions(user, current_key=request.session.session_key),
    }
    return TemplateResponse(request, "admin/sign_out_user.html", content)
