"""The pages on which an operator starts and stops viewing the portal as a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from streams.admin.shared.base import staff_of
from streams.base.text.validation import validate_one_line
from streams.sign_in import impersonation
from streams.sign_in.impersonation import LASTS
from streams.tenancy.models import User

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest


class ReasonForm(forms.Form):
    """Why an operator needs to see a user's pages."""

    required_css_class = "required"
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        validators=[validate_one_line],
        help_text=gettext_lazy(
            "For example a support request. Recorded in the activity log. Customers don't see it."
        ),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


def start(request: HttpRequest, user_id: str, *, site: AdminSite) -> HttpResponse:
    """Ask for the reason, then show the portal as the user."""
    user = get_object_or_404(User, pk=user_id)
    if text := impersonation.refusal(staff_of(request), user):
        raise PermissionDenied(text)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        impersonation.start(request, user, reason=form.cleaned_data["reason"])
        return redirect("portal:home")
    content = {
        **site.each_context(request),
        "title": _("View the portal as %(user)s") % {"user": user.email},
        "opts": User._meta,
        "form": form,
        "person": user,
        "minutes": int(LASTS.total_seconds()) // 60,
    }
    return TemplateResponse(request, "admin/impersonation.html", content)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Stop viewing, and go back to the user's page."""
    user = impersonation.end(request)
    if user is None:
        return redirect("admin:index")
    text = _("You no longer view the portal as %(user)s.")
    messages.success(request, text % {"user": user.email})
    return redirect("admin:streams_user_change", user.pk)
