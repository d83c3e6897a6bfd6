from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from streams.events.models import QuarantineJob
from streams.events.quarantine import QuarantineFilter
from streams.events.quarantine_search import first_id_since
from streams.portal.shared.filter_forms import TimeFilterForm
from streams.portal.shared.form_choices import MODE_HINTS, MODES
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

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


class QuarantineSearchForm(TimeFilterForm):
    """The filters of the list."""

    kept = ("stream", "workspace")
    main = ("name", "rule", "user_id", "message_id")

    name = forms.CharField(required=False, max_length=200, label=_("Event name"))
    rule = forms.CharField(required=False, max_length=40, label=_("Rule"))
    user_id = forms.CharField(required=False, max_length=200, label="userId")
    message_id = forms.CharField(required=False, max_length=100, label="messageId")

    def filter(self, feed_id: int | None, now: datetime) -> QuarantineFilter:
        """Return the filter; times count only for a single feed."""
        columns = ("name", "rule", "user_id", "message_id")
        values = self.values
        wanted = QuarantineFilter(**{c: values[c] for c in columns if c in values})
        if feed_id is None:
            return wanted
        since, until = self.time_range(now)
        if since is not None:
            first = first_id_since(feed_id, since)
            # None: nothing was received since.
            none_or_from = {"ids": ()} if first is None else {"first_id": first}
            wanted = replace(wanted, **none_or_from)
        if until is not None and (end := first_id_since(feed_id, until)) is not None:
            wanted = replace(wanted, last_id=end - 1)
        return wanted


def available_actions(*, can_rename: bool) -> list[Action]:
    """Return the actions; events of several names cannot be renamed together."""
    return [Action.RELEASE, *([Action.RENAME] if can_rename else []), Action.DISCARD]


def action_in(
    query: Mapping[str, str], actions: Sequence[Action], *, is_wrong: bool
) -> Action:
    """Return the action in the query, or else the likely one: a wrong name is renamed."""
    asked = query.get("action", "")
    likely = Action.RENAME if is_wrong and Action.RENAME in actions else actions[0]
    return Action(asked) if asked in actions else likely


def button_label(action: Action, events: int) -> str:
    """Return what the button does, with the number of events."""
    if action == Action.RELEASE:
        text = ngettext("Release %(events)s event", "Release %(events)s events", events)
    elif action == Action.RENAME:
        text = ngettext("Rename %(events)s event", "Rename %(events)s events", events)
    else:
        text = ngettext("Discard %(events)s event", "Discard %(events)s events", events)
    return text % {"events": f"{events:,}"}


class DecisionForm(forms.Form):
    """One action on events in quarantine, with only the fields that it needs."""

    action = forms.CharField(widget=forms.HiddenInput)
    new_name = forms.CharField(max_length=200, label=_("New name"))
    sure = forms.BooleanField(
        error_messages={
            "required": _(
                "To discard the events, confirm that they are permanently deleted."
            )
        }
    )
    # The last event that was counted: later events are not affected.
    last_id = forms.IntegerField(widget=forms.HiddenInput)
    counted = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, action: Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["action"] = action
        self.hint = ACTION_HINTS[action]
        if action != Action.RENAME:
            del self.fields["new_name"]
        if action != Action.DISCARD:
            del self.fields["sure"]

    def clean_action(self) -> str:
        """Refuse an action that these events don't allow."""
        if self.cleaned_data["action"] != self.initial["action"]:
            raise forms.ValidationError(_("Select one of these actions."))
        return str(self.cleaned_data["action"])
