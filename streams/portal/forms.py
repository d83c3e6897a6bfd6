from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from streams.base.text.input import validate_one_line
from streams.catalog.retention import MAX_DAYS, MIN_DAYS, NOTICE
from streams.connections.regions import Region, offered
from streams.events.models import QuarantineJob
from streams.events.queries import EventFilter
from streams.spec.exceptions import READINGS
from streams.spec.modes import CHOICES, Mode
from streams.tenancy.external_ids import InvalidExternalId, clean_external_id

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.tenancy.models import Partner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

CALLS = ("identify", "track", "page", "screen", "group", "alias")

Action = QuarantineJob.Action
MODES = [(mode, _(label)) for mode, label in CHOICES]
MODE_HINTS: dict[Mode, StrOrPromise] = {
    Mode.OFF: _("Events aren’t checked against the Segment Spec or the plan."),
    Mode.WARN: _("All events are delivered. The response to the sender lists issues."),
    Mode.QUARANTINE: _(
        "Events with errors are kept in quarantine until someone renames, releases, or"
        " discards them."
    ),
    Mode.REJECT: _(
        "Events with errors are rejected and not stored. The response explains how to fix"
        " them."
    ),
}
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

REGION_HINTS = {
    # segment/http-api.md, 1: the region is fixed when a workspace is created.
    Region.US: _("Segment’s default region, used by most workspaces."),
    Region.EU: _("For workspaces created in Europe, on Segment’s Business plan."),
    Region.SANDBOX: _(
        "A simulated Segment that comes with this portal. Nothing is sent to the real one."
    ),
    Region.SANDBOX_EU: _("The same sandbox, reached through the European endpoint."),
}


class KeyInput(forms.PasswordInput):
    """A field for a write key: readable while it is pasted, never sent back to the page.

    Not of the type "password": browsers offer to store those despite `autocomplete`.
    """

    input_type = "text"

    def __init__(self) -> None:
        attrs = {
            "class": "key-input",
            "autocomplete": "off",
            "autocapitalize": "none",
            "autocorrect": "off",
            "spellcheck": "false",
            "placeholder": _("32 letters and digits"),
            "data-1p-ignore": "true",
            "data-bwignore": "true",
            "data-lpignore": "true",
            "data-secret": "",  # forms.js keeps no draft of it
        }
        super().__init__(attrs=attrs, render_value=False)


class ConnectionForm(forms.Form):
    # No strip and no length: a key with a space at its end gets a sentence of its own.
    write_key = forms.CharField(
        label=_("Write key"),
        widget=KeyInput,
        strip=False,
        error_messages={"required": _("Paste the write key of your Segment source.")},
    )
    region = forms.ChoiceField(
        label=_("Region of your Segment workspace"),
        widget=forms.RadioSelect,
        choices=lambda: [(one.value, one.label) for one in offered()],
        error_messages={
            "required": _(
                "Select the region of your Segment workspace. A write key works in one"
                " region only."
            )
        },
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors and cleaned.get("write_key"):
            self.ask_for_key_again()
        return cleaned

    def ask_for_key_again(self) -> None:
        """Ask for the key after another error: the page with the error doesn't hold it."""
        self.add_error(
            "write_key",
            _("Paste the write key again. We don’t send keys back to the page."),
        )

    def regions(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each region's radio button and its hint."""
        for radio in self["region"]:
            yield radio, REGION_HINTS[Region(radio.data["value"])]


class ChangeForm(ConnectionForm):
    """A new key, a new region, or both."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["write_key"].required = False
        self.fields["write_key"].label = _("New write key")
        self.fields["write_key"].help_text = _("Leave empty to keep the current key.")


class OfAStreamForm(forms.Form):
    """A form with a choice of stream, hidden if the partner has only one."""

    def __init__(self, partner: Partner, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        streams = partner.streams.order_by("name")
        chosen = forms.ModelChoiceField(
            streams, label=_("Stream"), empty_label=None, initial=streams.first()
        )
        if len(streams) == 1:
            chosen.widget = forms.HiddenInput()
        self.fields["stream"] = chosen


class WorkspaceForm(OfAStreamForm):
    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=_("Name"),
        help_text=_("The customer’s name. The customer sees it."),
    )
    external_id = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=_("Your ID"),
        help_text=_(
            "The customer’s ID in your tool. Your events refer to it, so use an ID that"
            " never changes, not a name."
        ),
    )

    def clean_external_id(self) -> str:
        try:
            return clean_external_id(self.cleaned_data["external_id"])
        except InvalidExternalId as error:
            raise forms.ValidationError(str(error)) from None


class TokenForm(OfAStreamForm):
    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=_("Name"),
        help_text=_("Where you use the token, such as “Production”."),
    )


class StreamForm(forms.Form):
    name = forms.CharField(
        max_length=100, validators=[validate_one_line], label=_("Name")
    )
    version = forms.RegexField(
        r"\A[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}\Z",
        label=_("Version"),
        help_text=_("Increase it whenever you change your events or their properties."),
        error_messages={
            "invalid": _("Enter three numbers separated by dots, such as 1.0.0.")
        },
    )
    allow_anonymous = forms.BooleanField(
        required=False,
        label=_("Accept events without a userId"),
        help_text=_(
            "Such events need an anonymousId. Segment asks partners to send a userId with"
            " every event."
        ),
    )
    create_workspaces = forms.BooleanField(
        required=False,
        label=_("Create workspaces automatically"),
        help_text=_(
            "The first event for an unknown customer creates a workspace. If this is off,"
            " such events are rejected."
        ),
    )
    retention_days = forms.IntegerField(
        min_value=MIN_DAYS,
        max_value=MAX_DAYS,
        label=_("Retention (days)"),
        help_text=format_lazy(
            _(
                "How long events are kept: {least} to {most} days. After that, events are"
                " deleted, even if they weren’t delivered. A shorter retention takes effect"
                " after {notice} days, so that your customers are warned first."
            ),
            least=MIN_DAYS,
            most=MAX_DAYS,
            notice=NOTICE.days,
        ),
    )

    check_mode = forms.ChoiceField(
        choices=MODES, label=_("Validation mode"), widget=forms.RadioSelect
    )

    def modes(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Yield each mode's radio button and its description."""
        for radio in self["check_mode"]:
            yield radio, MODE_HINTS[radio.data["value"]]


class WorkspaceModeForm(forms.Form):
    """The validation mode of a workspace, where it is stricter than its stream's."""

    check_mode = forms.ChoiceField(
        choices=[(Mode.OFF, _("Same as stream")), *MODES[1:]],
        label=_("Validation mode of this workspace"),
        widget=forms.RadioSelect,
    )

    def modes(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each mode's radio button and its hint."""
        hints: dict[Mode, StrOrPromise] = {
            **MODE_HINTS,
            Mode.OFF: _("The stream’s validation mode applies."),
        }
        for radio in self["check_mode"]:
            yield radio, hints[radio.data["value"]]


class DecisionForm(forms.Form):
    """What to do with events in quarantine."""

    action = forms.ChoiceField(label=_("Action"), widget=forms.RadioSelect)
    new_name = forms.CharField(
        required=False, max_length=200, label=_("New name (to rename)")
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
        asked = self.cleaned_data
        if asked.get("action") == Action.DISCARD and not asked.get("sure"):
            self.add_error(
                None,
                _("To discard the events, confirm that they are permanently deleted."),
            )
        return asked


class ReadingsForm(forms.Form):
    accepted = forms.MultipleChoiceField(
        required=False,
        label=_("Exceptions"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(one.id, _(one.title)) for one in READINGS.values()],
    )

    @classmethod
    def of(cls, stream: Stream, *, disabled: bool) -> ReadingsForm:
        """Return the form with the exceptions of a stream."""
        form = cls(initial={"accepted": stream.spec_readings})
        form.fields["accepted"].disabled = disabled
        return form

    def boxes(self) -> list[tuple[BoundWidget, StrOrPromise]]:
        """Return each checkbox and its reason in Segment's docs."""
        return [(box, _(READINGS[box.data["value"]].why)) for box in self["accepted"]]


class EventFilterForm(forms.Form):
    """The filters of the list of events; a value that cannot be read is ignored."""

    name = forms.CharField(required=False, max_length=200, label=_("Name starts with"))
    type = forms.ChoiceField(
        required=False,
        label=_("Call"),
        choices=[("", _("All calls")), *((call, call) for call in CALLS)],
    )
    user_id = forms.CharField(required=False, max_length=200, label="userId")
    since = forms.DateTimeField(
        required=False,
        label=_("From"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    until = forms.DateTimeField(
        required=False,
        label=_("To"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def filters(self) -> EventFilter:
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        return EventFilter(**asked)

    def before(self) -> int | None:
        """The event number that this page ends before."""
        return number_in(self.data, "before")

    def newest(self) -> str:
        """The query of the first page, with the same filters."""
        return self.link_to(None)

    def link_to(self, before: int | None) -> str:
        """The query of the page before that number, with the same filters."""
        query = QueryDict(mutable=True)
        query.update({k: v for k, v in self.data.items() if v and k != "before"})
        if before is not None:
            query["before"] = str(before)
        return f"?{query.urlencode()}"


def number_in(query: Any, name: str) -> int | None:
    """Return the number in a query parameter; None if it is missing or not a number."""
    text = str(query.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
