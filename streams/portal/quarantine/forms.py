from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.events.models import QuarantineJob
from streams.portal.shared.form_choices import MODE_HINTS, MODES
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

Action = QuarantineJob.Action
ACTION_HINTS: dict[Action, StrOrPromise] = {
    Action.RENAME: _(
        "Give the track events a new name and validate them again. Events without"
        " errors are sent; the others stay in quarantine."
    ),
    Action.RELEASE: _("Send the events unchanged, in the order they were received."),
    Action.DISCARD: _(
        "Permanently delete the events. The overview counts them as discarded."
    ),
}


class WorkspaceModeForm(forms.Form):
    """The validation mode of a workspace, where it is stricter than its stream's."""

    check_mode = forms.ChoiceField(
        choices=[(ValidationMode.OFF, _("Same as stream")), *MODES[1:]],
        label=_("Validation mode of this workspace"),
        widget=forms.RadioSelect,
    )

    def modes(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each mode's radio button and its hint."""
        hints: dict[ValidationMode, StrOrPromise] = {
            **MODE_HINTS,
            ValidationMode.OFF: _("The stream's validation mode applies."),
        }
        for radio in self["check_mode"]:
            yield radio, hints[radio.data["value"]]


class DecisionForm(forms.Form):
    """What to do with events in quarantine."""

    action = forms.ChoiceField(
        label=_("Action"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Select an action."),
            "invalid_choice": _("Select one of these actions."),
        },
    )
    new_name = forms.CharField(
        required=False, max_length=200, label=_("New name (required to rename)")
    )
    sure = forms.BooleanField(required=False)
    # The last event that was counted: later events are not affected.
    last_id = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, can_rename: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.can_rename = can_rename
        self.fields["action"].choices = [  # type: ignore[attr-defined]
            (action.value, action.label)
            for action in (Action.RENAME, Action.RELEASE, Action.DISCARD)
            if can_rename or action != Action.RENAME
        ]

    def actions(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each action's radio button and its hint."""
        for radio in self["action"]:
            yield radio, ACTION_HINTS[radio.data["value"]]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("action") == Action.DISCARD and not cleaned.get("sure"):
            self.add_error(
                None,
                _("To discard the events, confirm that they are permanently deleted."),
            )
        return cleaned
