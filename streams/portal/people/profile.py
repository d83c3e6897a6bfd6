"""The user's own profile: the name that others see, the time zone and the theme."""

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
from streams.tenancy.time_zones import zones_to_choose
from streams.tenancy.users import change_user

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django_stubs_ext import StrOrPromise


def zone_choices() -> list[tuple[str, StrOrPromise]]:
    """Return the time zones to choose from; empty stands for the browser's."""
    zones = [(name, name.replace("_", " ")) for name in zones_to_choose()]
    return [("", gettext_lazy("Same as your browser")), *zones]


class ProfileForm(forms.Form):
    """The name of a user, and how pages look to them."""

    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=gettext_lazy("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=gettext_lazy("Other members and invitations show it."),
    )
    time_zone = forms.ChoiceField(
        required=False,
        choices=zone_choices,
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy(
            "For all times on pages and in emails about alerts. If it is the same as your"
            " browser, these emails show UTC."
        ),
    )
    theme = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Theme"),
        choices=[("", gettext_lazy("Same as your device")), *User.Theme.choices],
    )


@signed_in
def profile(request: PortalRequest) -> HttpResponse:
    """Show the form; a POST changes the profile."""
    before = {name: getattr(request.user, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, initial=before)
    if form.is_valid():
        user = User.objects.get(pk=request.user.pk)  # the request's is a proxy object
        change_user(user=user, actor=user, **form.cleaned_data)
        messages.success(request, _("Saved your profile."))
        return redirect("portal:profile")
    return render(request, "portal/people/profile.html", {"form": form})
