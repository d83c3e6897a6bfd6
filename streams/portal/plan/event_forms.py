"""The form of one planned event, with a row for each property.

Rows are numbered. Removing one leaves a gap, so that the field names of the others don't
change while someone works on the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from streams.catalog.plans.authoring.examples import read, written
from streams.catalog.plans.plan import TYPES, PlannedEvent, PlannedProperty
from streams.catalog.plans.validation import (
    MAX_NAME,
    MAX_PATH,
    MAX_PROPERTIES,
    MAX_TEXT,
    property_errors,
)
from streams.portal.shared.form_choices import CALLS, number_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.catalog.plans.validation import PlanError

MOST_ROWS = 4 * MAX_PROPERTIES  # in one form, gaps included
PARTS = ("properties", "context")


class PropertyForm(forms.Form):
    """One row. A row without a path, example and description is ignored."""

    path = forms.CharField(required=False, max_length=MAX_PATH, label=_("Name"))
    type = forms.ChoiceField(choices=[(name, name) for name in TYPES], label=_("Type"))
    example = forms.CharField(required=False, label=_("Example"))
    description = forms.CharField(
        required=False, max_length=MAX_TEXT, label=_("Description")
    )
    required = forms.BooleanField(required=False, label=_("Required"))
    sensitive = forms.BooleanField(required=False, label=_("Sensitive"))

    def __init__(self, number: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number
        self.planned: PlannedProperty | None = None
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    @property
    def typed(self) -> bool:
        """Whether any text was entered."""
        return any(
            self.cleaned_data.get(name) for name in ("path", "example", "description")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if self.errors or not self.typed:
            return cleaned
        try:
            example = read(cleaned["example"], cleaned["type"])
        except ValueError as error:
            self.add_error("example", str(error))
            return cleaned
        planned = PlannedProperty(
            path=cleaned["path"],
            type=cleaned["type"],
            required=cleaned["required"],
            example=example,
            description=cleaned["description"],
            sensitive=cleaned["sensitive"],
        )
        for field, message in property_errors(planned):
            self.add_error(field, message)
        self.planned = planned
        return cleaned


class EventFormSection:
    """The rows of one part of an event."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.forms: list[PropertyForm] = []
        self.count = 0  # rows this form ever had
        self.errors: list[str] = []  # about the rows as a whole

    @classmethod
    def of(cls, part: str, planned: Iterable[PlannedProperty]) -> EventFormSection:
        rows = cls(part)
        for each in planned:
            rows.add(each)
        return rows

    @classmethod
    def posted(cls, part: str, data: Mapping[str, Any]) -> EventFormSection:
        rows = cls(part)
        rows.count = min(number_in(data, f"{part}-count") or 0, MOST_ROWS)
        rows.forms = [
            PropertyForm(number, data, prefix=f"{part}-{number}")
            for number in range(rows.count)
            if f"{part}-{number}-type" in data
        ]
        return rows

    def add(
        self, planned: PlannedProperty | None = None, *, focus: bool = False
    ) -> None:
        """Append a row; None: an empty one."""
        row = PropertyForm(self.count, prefix=f"{self.part}-{self.count}")
        if planned:
            row.initial = {
                "path": planned.path,
                "type": planned.type,
                "required": planned.required,
                "example": written(planned.example, planned.type),
                "description": planned.description,
                "sensitive": planned.sensitive,
            }
        if focus:
            row.fields["path"].widget.attrs["autofocus"] = True
        self.forms.append(row)
        self.count += 1

    def drop(self, number: int) -> None:
        self.forms = [row for row in self.forms if row.number != number]

    def are_valid(self) -> bool:
        valid = [
            row.is_valid() for row in self.forms
        ]  # so that every row shows its errors
        return all(valid)

    def planned(self) -> tuple[PlannedProperty, ...]:
        """Return the properties of valid rows."""
        return tuple(row.planned for row in self.forms if row.planned)

    def add_plan_error(self, error: PlanError) -> None:
        """Add an error to its row."""
        for row in reversed(
            self.forms
        ):  # of a duplicate path, the last row is at fault
            if row.planned and row.planned.path == error.path:
                if error.message not in row["path"].errors:
                    row.add_error("path", error.message)
                return
        self.errors.append(str(error))


class EventForm(forms.Form):
    call = forms.ChoiceField(
        choices=[
            (call, call) for call in ("track", *(c for c in CALLS if c != "track"))
        ],
        label=_("Call"),
    )
    name = forms.CharField(
        required=False,
        max_length=MAX_NAME,
        label=_("Name"),
        help_text=_(
            "Required for track calls, for example “Email Opened”. Optional for page and"
            " screen calls. Leave empty for other calls."
        ),
        # With JavaScript, the advice updates when the name changes.
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "hx-post": "",
                "hx-trigger": "change",
                "hx-vals": '{"do": "look"}',
                "hx-target": "#advice",
                "hx-select": "#advice",
                "hx-swap": "outerHTML",
            }
        ),
    )
    when = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        label=_("Trigger"),
        help_text=_("One sentence: when the event is sent. Shown in the public docs."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    # The mark of the event that the form was first filled with; empty: a new event.
    seen = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        event: PlannedEvent | None = None,
        seen: str = "",
    ) -> None:
        event = event or PlannedEvent()
        initial = {
            "call": event.call,
            "name": event.name,
            "when": event.when,
            "seen": seen,
        }
        super().__init__(data, initial=initial)
        if data is None:
            given = (event.properties, event.context)
            made = [
                EventFormSection.of(*pair) for pair in zip(PARTS, given, strict=True)
            ]
        else:
            made = [EventFormSection.posted(part, data) for part in PARTS]
        self.properties, self.context = made

    def part(self, name: str) -> EventFormSection:
        return self.context if name == "context" else self.properties

    def rearrange(self, what: str) -> None:
        """Add or drop a row, by actions such as `add-context` and `drop-properties-3`."""
        verb, _, rest = what.partition("-")
        part, _, number = rest.partition("-")
        if part in PARTS and verb == "add":
            self.part(part).add(focus=True)
        elif part in PARTS and verb == "drop" and number.isdecimal():
            self.part(part).drop(int(number))

    def all_valid(self) -> bool:
        """Whether all fields and rows are valid. Each shows its errors."""
        return all(
            [self.is_valid(), self.properties.are_valid(), self.context.are_valid()]
        )

    def sketch(self) -> PlannedEvent:
        """Return the event as entered: its call and name unchecked, and its valid rows."""
        call, name = (str(self[field].value() or "") for field in ("call", "name"))
        for rows in (self.properties, self.context):
            rows.are_valid()
        return PlannedEvent(
            call=call,
            name=name.strip(),
            properties=self.properties.planned(),
            context=self.context.planned(),
        )

    def planned(self) -> PlannedEvent:
        """Return the event of a valid form."""
        cleaned = self.cleaned_data
        return PlannedEvent(
            call=cleaned["call"],
            name=cleaned["name"],
            when=cleaned["when"].replace("\r\n", "\n"),
            properties=self.properties.planned(),
            context=self.context.planned(),
        )

    def add_plan_errors(self, errors: Iterable[PlanError]) -> None:
        """Add each error to its field."""
        for error in errors:
            if error.part in PARTS:
                self.part(error.part).add_plan_error(error)
            elif error.part in self.fields:
                self.add_error(error.part, error.message)
            else:
                self.add_error(None, str(error))
