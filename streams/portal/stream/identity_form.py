"""The form for how a stream finds the userIds of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.catalog.person_identifiers import (
    ConflictRule,
    PersonIdentifier,
    Unresolved,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django.http import QueryDict
    from django_stubs_ext import StrOrPromise

    from streams.catalog.models import Stream

_HINTS: dict[str, StrOrPromise] = {
    Unresolved.REJECT: _("The response says that no userId is known."),
    Unresolved.SET_ASIDE: _(
        "It waits in quarantine, with the later events of the same person. They are released"
        " in order once the userId is known."
    ),
    Unresolved.ANONYMOUS: _(
        "The same person always gets the same anonymousId. In Segment, each one can count as"
        " another user of your customer's plan."
    ),
}
_RULES: dict[str, StrOrPromise] = {
    ConflictRule.PERSON: _(
        "The older one stays until someone decides on the page Identity."
    ),
    ConflictRule.OLDER: _("The conflict is closed without a question."),
    ConflictRule.NEWEST: _("The link moves to the userId that was received last."),
}
_IDENTIFIERS = [("", _("None")), *PersonIdentifier.choices]


class IdentityForm(forms.Form):
    """The identifiers in their order, and what happens to events of unknown people."""

    first = forms.ChoiceField(
        required=False,
        choices=_IDENTIFIERS,
        label=_("First identifier"),
        help_text=_(
            "None: each event needs a userId. The ID in the tool is person.id in an event."
        ),
    )
    second = forms.ChoiceField(
        required=False, choices=_IDENTIFIERS, label=_("Second identifier")
    )
    third = forms.ChoiceField(
        required=False, choices=_IDENTIFIERS, label=_("Third identifier")
    )
    unresolved = forms.ChoiceField(
        choices=Unresolved.choices,
        label=_("If no userId is known for the person"),
        widget=forms.RadioSelect,
    )
    conflict_rule = forms.ChoiceField(
        choices=ConflictRule.choices,
        label=_("If two userIds are received for one identifier"),
        widget=forms.RadioSelect,
    )
    check_user_ids = forms.BooleanField(
        required=False,
        label=_("Check the userIds that events have"),
        help_text=_(
            "A userId that is the person's ID in your tool, or another one than the identity"
            " map has, is an error. The validation mode says what happens to such events."
        ),
    )

    @classmethod
    def of(
        cls, stream: Stream, data: QueryDict | None = None, *, disabled: bool = False
    ) -> IdentityForm:
        """Return the form with the choices of a stream, or with what was submitted."""
        chosen = [*filter(None, stream.identify_by.split(",")), "", "", ""]
        form = cls(
            data,
            initial={
                "first": chosen[0],
                "second": chosen[1],
                "third": chosen[2],
                "unresolved": stream.unresolved,
                "check_user_ids": stream.check_user_ids,
                "conflict_rule": stream.conflict_rule,
            },
        )
        for field in form.fields.values():
            field.disabled = disabled
        return form

    def clean(self) -> dict[str, Any]:
        """Return the choices with the order as a list."""
        data = dict(self.cleaned_data)
        order = [data.pop(place, "") for place in ("first", "second", "third")]
        chosen = [one for one in order if one]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError(_("Select each identifier only once."))
        if not chosen and self._chooses_in_vain(data):
            raise forms.ValidationError(
                _("Select a first identifier, or no userId is looked up.")
            )
        return {**data, "identify_by": chosen}

    def _chooses_in_vain(self, data: dict[str, Any]) -> bool:
        """Whether a choice was made that has no effect without an identifier."""
        outcome = data.get("unresolved") != Unresolved.REJECT
        return (outcome and "unresolved" in self.changed_data) or (
            bool(data.get("check_user_ids")) and "check_user_ids" in self.changed_data
        )

    def outcomes(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Yield the radio button of each outcome for unknown people, and its description."""
        for radio in self["unresolved"]:
            yield radio, _HINTS[radio.data["value"]]

    def conflict_rules(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Yield the radio button of each rule for conflicts, and its description."""
        for radio in self["conflict_rule"]:
            yield radio, _RULES[radio.data["value"]]
