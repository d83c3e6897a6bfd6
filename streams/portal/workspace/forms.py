from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.catalog.validation.rules import RULES
from streams.delivery.outcome_search import EventOutcome
from streams.events.search.payload_condition import InvalidProperty, PropertyIs
from streams.observability.event_search import EventSearch
from streams.portal.shared.filter_forms import FilterForm, TimeFilterForm
from streams.portal.shared.form_choices import CALL_CHOICES, number_in
from streams.spec.issues import Severity

if TYPE_CHECKING:
    from datetime import datetime

MAX_VALUE = 1_000  # characters of an ID or an email
MAX_MESSAGE_ID = 100


def known_rule(text: str) -> str:
    """Return the ID of a rule in upper case; empty for none. Raises ValidationError."""
    rule = text.upper()
    if rule and rule not in RULES:
        raise forms.ValidationError(
            _("No rule has this ID. Rule IDs look like SPEC-NAME-001.")
        )
    return rule


class IssueFilterForm(FilterForm):
    """The filters of the list of issues."""

    severity = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Severity"),
        choices=[
            ("", gettext_lazy("All severities")),
            (Severity.ERROR, gettext_lazy("Errors")),
            (Severity.WARNING, gettext_lazy("Warnings")),
            (Severity.HINT, gettext_lazy("Hints")),
        ],
    )
    rule = forms.CharField(required=False, max_length=40, label=gettext_lazy("Rule ID"))
    name = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Event name")
    )


class EventContentForm(TimeFilterForm):
    """Filters that the list of events shares with that of events in quarantine."""

    type = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Call"),
        choices=CALL_CHOICES,
    )
    user_id = forms.CharField(required=False, max_length=MAX_VALUE, label="userId")
    message_id = forms.CharField(
        required=False,
        max_length=MAX_MESSAGE_ID,
        label="messageId",
        help_text=gettext_lazy("The ID of one event."),
    )
    anonymous_id = forms.CharField(
        required=False,
        max_length=MAX_VALUE,
        label="anonymousId",
        help_text=gettext_lazy("The ID of a person without a userId."),
    )
    email = forms.CharField(
        required=False, max_length=MAX_VALUE, label=gettext_lazy("Person's email")
    )
    property = forms.CharField(
        required=False,
        max_length=MAX_VALUE,
        label=gettext_lazy("Property"),
        help_text=gettext_lazy("A field of the event, and its value."),
        widget=forms.TextInput(
            attrs={"placeholder": gettext_lazy("properties.plan = pro")}
        ),
    )

    def clean_property(self) -> str:
        """Return a path, =, and a value."""
        text: str = self.cleaned_data["property"]
        try:
            if text:
                PropertyIs.parse(text)
        except InvalidProperty:
            raise forms.ValidationError(
                _("Enter a path, =, and a value, such as properties.plan = pro.")
            ) from None
        return text


class EventFilterForm(EventContentForm):
    """The filters of the list of events."""

    main = ("outcome", "name", "user_id", "email")
    field_order = (
        *("last", "outcome", "type", "name", "user_id", "message_id", "anonymous_id"),
        *("email", "rule", "property"),
    )

    outcome = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("Any status")), *EventOutcome.choices],
    )
    name = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Event name starts with")
    )
    rule = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("Issue (rule ID)"),
        help_text=gettext_lazy("Events with this issue. Issues lists the rule IDs."),
    )

    def clean_rule(self) -> str:
        """Return the ID of a known rule."""
        return known_rule(self.cleaned_data["rule"])

    def quarantine_query(self) -> str:
        """Return the URL query of the list of events in quarantine with these filters.

        There, a name is a whole one, and a rule the one that put the event there.
        """
        sent = self.data
        return self.query(
            outcome=None,
            name=None,
            rule=None,
            name_start=sent.get("name"),
            breaks=sent.get("rule"),
        )

    def search(self, now: datetime) -> EventSearch:
        """Return what to find; the form is valid."""
        since, until = self.time_range(now)
        times = {"last", "since", "until"}
        fields = {k: v for k, v in self.values.items() if k not in times}
        if outcome := fields.pop("outcome", None):
            fields["outcome"] = EventOutcome(outcome)
        return EventSearch(**fields, since=since, until=until)

    def replay_query(self, now: datetime) -> dict[str, str] | None:
        """Return the filter for the form of a replay, if that can select the same events."""
        values = dict(self.values)
        outcome = values.pop("outcome", None)
        if "rule" in values or outcome not in (None, EventOutcome.REJECTED):
            return None
        since, until = self.time_range(now)
        times = {"since": since, "until": until}
        names = {"name": "name_start", "property": "property_is"}
        return {
            **{name: at.isoformat() for name, at in times.items() if at},
            **{
                names.get(k, k): v
                for k, v in values.items()
                if k not in (*times, "last")
            },
            **({"rejected_only": "on"} if outcome else {}),
        }

    def before(self) -> int | None:
        """The event number that this page ends before."""
        return number_in(self.data, "before")
