"""The filters of live tails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from streams.delivery.models import Delivery
from streams.portal.shared.filter_forms import FilterForm
from streams.portal.shared.form_choices import CALL_CHOICES

if TYPE_CHECKING:
    from streams.portal.tail.rows import TailRow


class TailForm(FilterForm):
    """The filters of one kind of rows; `show` is the kind."""

    kept = ("stream", "show")


class EventTailForm(TailForm):
    name = forms.CharField(
        required=False, max_length=200, label=_("Event name starts with")
    )
    type = forms.ChoiceField(
        required=False,
        label=_("Call"),
        choices=CALL_CHOICES,
    )
    user_id = forms.CharField(required=False, max_length=200, label="userId")

    def matching(self) -> Q:
        """Return the condition of the events that are shown."""
        values = self.values
        wanted = Q()
        if "name" in values:
            wanted &= Q(name__istartswith=values["name"])
        if "type" in values:
            wanted &= Q(type=values["type"])
        if "user_id" in values:
            wanted &= Q(user_id=values["user_id"])
        return wanted

    def shows(self, row: TailRow) -> bool:
        """Whether a row matches, as `matching` says."""
        values = self.values
        name = values.get("name", "").casefold()
        return (
            row.title.casefold().startswith(name)
            and values.get("type") in (None, row.kind)
            and values.get("user_id") in (None, row.detail)
        )


class AttemptTailForm(TailForm):
    outcome = forms.ChoiceField(
        required=False,
        label=_("Outcome"),
        choices=[("", _("All outcomes")), *Delivery.Outcome.choices],
    )

    def shows(self, row: TailRow) -> bool:
        return self.values.get("outcome") in (None, row.kind)


class RequestTailForm(TailForm):
    failed = forms.BooleanField(required=False, label=_("Only with errors"))
