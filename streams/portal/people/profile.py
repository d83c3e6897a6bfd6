"""The user's own profile: the name that others see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.base.text.validation import validate_one_line
from streams.portal.shared.access import PortalRequest, signed_in
from streams.tenancy.models import User
from streams.tenancy.users import change_user

if TYPE_CHECKING:
    from django.http import HttpResponse


class ProfileForm(forms.Form):
    """The name of a user."""

    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=gettext_lazy("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=gettext_lazy("Other members and invitations show it."),
    )


@signed_in
def profile(request: PortalRequest) -> HttpResponse:
    """Show the form; a POST changes the name."""
    form = ProfileForm(request.POST or None, initial={"name": request.user.name})
    if form.is_valid():
        name = form.cleaned_data["name"]
        user = User.objects.get(pk=request.user.pk)  # the request's is a proxy object
        change_user(user=user, actor=user, name=name)
        messages.success(request, _("Saved your name."))
        return redirect("portal:profile")
    return render(request, "portal/people/profile.html", {"form": form})
