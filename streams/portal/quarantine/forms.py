from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from streams.events.models import QuarantineJob
from streams.events.quarantine import QuarantineFilter
from streams.events.quarantine_search import first_id_since
from streams.events.search.event_filter import EventFilter
from streams.events.search.payload_condition import content_conditions
from streams.observability.issues.rule_search import breaking
from streams.portal.shared.form_choices import MODE_HINTS, MODES
from streams.portal.workspace.forms import EventContentForm, known_rule
from streams.spec.identity_rules import UNRESOLVED
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

    from streams.events.models import Feed

Action = QuarantineJob.Action
ACTION_HINTS: dict[Action, StrOrPromise] = {
    Action.RENAME: _(
        "Give the track events a new name and validate them again. Events without"
        " errors are sent; the others stay in quarantine."
    ),
    Action.RELEASE: _(
        "Send the events unchanged, in the order they were received. Events that wait for a"
        " userId are sent with it if it is known by now, and otherwise with an anonymousId."
    ),
    Action.DISCARD: _(
        "Permanently delete the events. The overview counts them as discarded."
    ),
}
# For events that wait for the userId of their person.
RELEASE_WAITING = _(
    "You don't need to do anything: these events are released automatically, in order, once"
    " their person's userId is known. If you release them now, they are sent with the userId"
    " if it is known by now, and otherwise with an anonymousId, which can count as another"
    " user in Segment."
)


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


class QuarantineSearchForm(EventContentForm):
    """The filters of the list."""

    kept = ("stream", "workspace")
    main = ("name", "rule", "user_id", "email")
    of_all = ("name", "rule")  # the filters that work across workspaces
    field_order = (
        *(
            "last",
            "name",
            "rule",
            "user_id",
            "email",
            "name_start",
            "type",
            "message_id",
        ),
        *("anonymous_id", "breaks", "property"),
    )

    name = forms.CharField(required=False, max_length=200, label=_("Event name"))
    rule = forms.CharField(required=False, max_length=40, label=_("Cause (rule ID)"))
    name_start = forms.CharField(
        required=False, max_length=200, label=_("Event name starts with")
    )
    breaks = forms.CharField(
        required=False,
        max_length=40,
        label=_("Any issue (rule ID)"),
        help_text=_("Events with this issue, even if it isn't the cause."),
    )

    def clean_breaks(self) -> str:
        """Return the ID of a known rule."""
        return known_rule(self.cleaned_data["breaks"])

    @property
    def needs_workspace(self) -> bool:
        """Whether a filter is set that only works in a single workspace."""
        return any(self._sent(name) for name in self.fields if name not in self.of_all)

    def filter(self, feed: Feed | None, now: datetime) -> QuarantineFilter:
        """Return the filter of a feed, or of all feeds, unless it `needs_workspace`."""
        values = self.values
        wanted = QuarantineFilter(**{c: values[c] for c in self.of_all if c in values})
        if feed is None:
            return wanted
        matching = self._matching(feed)
        if matching != EventFilter():
            wanted = replace(wanted, matching=matching)
        since, until = self.time_range(now)
        if since is not None:
            first = first_id_since(feed.pk, since)
            # None: nothing was received since.
            none_or_from = {"ids": ()} if first is None else {"first_id": first}
            wanted = replace(wanted, **none_or_from)
        if until is not None and (end := first_id_since(feed.pk, until)) is not None:
            wanted = replace(wanted, last_id=end - 1)
        return wanted

    def _matching(self, feed: Feed) -> EventFilter:
        values = self.values
        content = content_conditions(
            anonymous_id=values.get("anonymous_id", ""),
            email=values.get("email", ""),
            property_text=values.get("property", ""),
        )
        rule = values.get("breaks")
        return EventFilter(
            name=values.get("name_start", ""),
            type=values.get("type", ""),
            user_id=values.get("user_id", ""),
            message_id=values.get("message_id", ""),
            content=tuple(content),
            rule=breaking(feed, rule) if rule else None,
        )


def can_be_renamed(*, type_: str, rule: str) -> bool:
    """Whether a new name can resolve an event: it isn't why an event waits for a userId."""
    return type_ == "track" and rule != UNRESOLVED.id


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

    def __init__(
        self, *args: Any, action: Action, rule: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial["action"] = action
        waits = action == Action.RELEASE and rule == UNRESOLVED.id
        self.hint = RELEASE_WAITING if waits else ACTION_HINTS[action]
        if action != Action.RENAME:
            del self.fields["new_name"]
        if action != Action.DISCARD:
            del self.fields["sure"]

    def clean_action(self) -> str:
        """Refuse an action that these events don't allow."""
        if self.cleaned_data["action"] != self.initial["action"]:
            raise forms.ValidationError(_("Select one of these actions."))
        return str(self.cleaned_data["action"])
