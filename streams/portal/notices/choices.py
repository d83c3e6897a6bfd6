"""How the user gets notices, in each of their workspaces and partners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.alerts.conditions.all_rules import RULES
from streams.alerts.models import Alert, Notice
from streams.alerts.people.choices import choose, current, places_of
from streams.alerts.people.digests import Cadence
from streams.alerts.people.notice_states import state_of
from streams.alerts.people.testing import latest_tests
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    partner_to_see,
    signed_in,
    workspace_to_see,
)
from streams.tenancy.models import Partner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_stubs_ext import StrOrPromise

    from streams.alerts.people.choices import Owner

Channel = Notice.Channel
# A digest of the inbox would hide what the inbox is for.
OPTIONS: dict[Notice.Channel, list[tuple[str, StrOrPromise]]] = {
    Channel.EMAIL: [(one.value, one.label) for one in Cadence],
    Channel.INBOX: [(one.value, one.label) for one in (Cadence.NOW, Cadence.OFF)],
}

FROM_ALERTS = "from=alerts"  # in the link on the page of a workspace's alerts

# These alerts are about a stream, not about a workspace: only partners get notices of them.
OF_STREAMS = (
    Alert.Condition.HALTED,
    Alert.Condition.STAGE,
    Alert.Condition.TOKEN_EXPIRING,
    Alert.Condition.KEY_REFUSED,
    Alert.Condition.TOO_LARGE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """A workspace with its partner, or a partner."""

    name: str
    partner: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """A kind of alert, with a field for each channel."""

    label: str
    fields: list[forms.BoundField]


class ChoicesForm(forms.Form):
    """When to get notices of each kind, by each channel."""

    everywhere = forms.BooleanField(
        required=False, label=gettext_lazy("Use these settings in all my workspaces")
    )

    def __init__(
        self, data: Any, *, kinds: dict[tuple[str, str], str], is_one_of_many: bool
    ) -> None:
        super().__init__(data)
        if not is_one_of_many:
            del self.fields["everywhere"]
        for (condition, channel), cadence in kinds.items():
            label = _("%(alert)s: %(channel)s") % {
                "alert": Alert.Condition(condition).label,
                "channel": Channel(channel).label,
            }
            self.fields[f"{condition}-{channel}"] = forms.ChoiceField(
                choices=OPTIONS[Channel(channel)], initial=cadence, label=label
            )
        self.kinds = list(kinds)

    @property
    def rows(self) -> Iterator[KindRow]:
        """The fields, by kind of alert."""
        for condition in dict(self.kinds):
            names = [f"{condition}-{channel}" for channel in OPTIONS]
            yield KindRow(
                label=str(Alert.Condition(condition).label),
                fields=[self[name] for name in names],
            )

    @property
    def choices(self) -> dict[tuple[str, str], str]:
        return {
            (condition, channel): self.cleaned_data[f"{condition}-{channel}"]
            for condition, channel in self.kinds
        }


@signed_in
def notifications(request: PortalRequest) -> HttpResponse:
    """List the user's places; redirect to the only one."""
    owners = places_of(request.user)
    if len(owners) == 1:
        return redirect(page_of_choices(owners[0]))
    places = [
        PlaceRow(
            name=owner.name,
            partner="" if isinstance(owner, Partner) else owner.partner.name,
            href=page_of_choices(owner),
        )
        for owner in owners
    ]
    context = {"access": None, "places": places}
    return render(request, "portal/notices/places.html", context)


@signed_in
def workspace_notifications(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show and change how the user gets notices of a workspace."""
    access = workspace_to_see(request, public_id)
    return _choices(request, access.workspace, access)


@signed_in
def partner_notifications(request: PortalRequest, slug: str) -> HttpResponse:
    """Show and change how the user gets notices of a partner."""
    return _choices(request, partner_to_see(request, slug).partner)


def kinds_of(owner: Owner) -> list[tuple[str, str]]:
    """Return the conditions that people of a place are notified of, with each channel."""
    is_partner = isinstance(owner, Partner)
    rules = [
        rule
        for rule in RULES
        if (
            rule.partner_from is not None
            if is_partner
            else rule.condition not in OF_STREAMS and not rule.for_operators
        )
    ]
    return [
        (str(rule.condition), str(channel)) for rule in rules for channel in OPTIONS
    ]


def page_of_choices(owner: Owner) -> str:
    """Return the path of the page on which the user chooses for a place."""
    if isinstance(owner, Partner):
        return reverse("portal:notifications-partner", args=[owner.slug])
    return reverse("portal:notifications-workspace", args=[owner.public_id])


def tests_of(request: PortalRequest, owner: Owner) -> dict[str, object]:
    """Return the latest tests, for the part of the page that refreshes itself."""
    tests = latest_tests(request.user, owner)
    return {
        "tests": tests,
        "waits": not all(state_of(one).is_final for one in tests),
        "place_url": page_of_choices(owner),
        "came_from": _came_from(request, owner),
    }


def choices_again(request: PortalRequest, owner: Owner) -> str:
    """Return the URL of the page of choices that leads back to where it was opened from."""
    return f"{page_of_choices(owner)}{_came_from(request, owner)}"


def _alerts_before(request: PortalRequest, owner: Owner) -> str:
    """Return the path of the alerts that the page was opened from; empty: another page."""
    if request.GET.get("from") != "alerts" or isinstance(owner, Partner):
        return ""
    return reverse("portal:alerts", args=[owner.public_id])


def _came_from(request: PortalRequest, owner: Owner) -> str:
    """Return the query of the page if it was opened from the alerts; empty: another page."""
    return f"?{FROM_ALERTS}" if _alerts_before(request, owner) else ""


def _choices(
    request: PortalRequest, owner: Owner, access: WorkspaceAccess | None = None
) -> HttpResponse:
    """Show the page in the menu of the workspace if its alerts led here."""
    places = places_of(request.user)
    if owner not in places:  # a customer's workspace, which its partner views
        return redirect("portal:notifications")
    alike = [one for one in places if type(one) is type(owner) and one != owner]
    alerts = _alerts_before(request, owner)
    form = ChoicesForm(
        request.POST or None,
        kinds=current(request.user, owner, kinds_of(owner)),
        is_one_of_many=bool(alike),
    )
    if form.is_valid():
        all_of_them = form.cleaned_data.get("everywhere")
        for place in [owner, *(alike if all_of_them else [])]:
            choose(user=request.user, owner=place, choices=form.choices)
        messages.success(request, _("Saved your notification settings."))
        return redirect(choices_again(request, owner))
    context = {
        "access": access if alerts else None,
        "layout": f"portal/layouts/{'workspace' if alerts else 'account'}.html",
        "owner": owner,
        "alerts": alerts,
        "form": form,
        "several": len(places) > 1,
        "channels": [channel.label for channel in OPTIONS],
        "is_partner": isinstance(owner, Partner),
        **tests_of(request, owner),
    }
    return render(request, "portal/notices/choices.html", context)
