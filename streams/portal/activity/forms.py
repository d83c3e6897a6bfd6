from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.audit import kinds
from streams.audit.search import matching
from streams.portal.shared.filter_forms import TimeFilterForm
from streams.portal.shared.form_choices import number_in
from streams.tenancy.models import Partner

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.http import QueryDict

    from streams.tenancy.members import Place


class ActivityFilterForm(TimeFilterForm):
    """The filters of an activity log. `team`: the users whose emails may be shown."""

    kept = ()

    person = forms.CharField(
        required=False, label=gettext_lazy("Person"), max_length=254
    )
    kind = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Kind"),
        choices=lambda: [("", _("All kinds")), *kinds.choices()],
    )
    about = forms.CharField(
        required=False, label=gettext_lazy("Stream or member"), max_length=254
    )

    def __init__(self, query: QueryDict, *, place: Place, team: dict[int, str]) -> None:
        self._place, self._team = place, team
        slugs = (
            place.streams.values_list("slug", flat=True)
            if isinstance(place, Partner)
            else place.feeds.values_list("stream__slug", flat=True)
        )
        known = {
            "person": [*team.values(), _("Operator"), _("Portal")],
            "about": [*team.values(), *slugs],
        }
        super().__init__(query, suggestions=known)

    def before(self) -> int | None:
        """The ID that this page is below."""
        return number_in(self.data, "before")

    def condition(self, now: datetime) -> Q:
        """Return the condition for the entries; invalid values are left out."""
        since, until = self.time_range(now)
        about = self.values.get("about", "")
        return self._by() & matching(
            kind=self.values.get("kind", ""),
            about=about,
            workspaces=self._workspaces(about) if about else (),
            since=since,
            until=until,
        )

    def _by(self) -> Q:
        """Return the condition for the person. The names of operators are not revealed."""
        person = self.values.get("person", "").casefold()
        if not person:
            return Q()
        if person == _("Portal").casefold():
            return Q(actor=None) & Q(member="")
        outside = ~Q(actor__in=list(self._team))
        if person == _("Operator").casefold():
            return Q(actor__is_staff=True) & outside
        of_person = Q(actor__email=person)
        return of_person & ~(Q(actor__is_staff=True) & outside)

    def _workspaces(self, about: str) -> Collection[int]:
        if not isinstance(self._place, Partner):
            return ()
        named = Q(external_id=about) | Q(name__iexact=about) | Q(public_id=about)
        return self._place.workspaces.filter(named).values_list("pk", flat=True)[:50]


class PartnerFilterForm(ActivityFilterForm):
    """The filters of a partner's log, which also find a workspace."""

    about = forms.CharField(
        required=False,
        label=gettext_lazy("Workspace, stream or member"),
        max_length=254,
    )


def form_of(place: Place, team: dict[int, str], query: QueryDict) -> ActivityFilterForm:
    """Return the filters of the log of a workspace or a partner."""
    form = PartnerFilterForm if isinstance(place, Partner) else ActivityFilterForm
    return form(query, place=place, team=team)
