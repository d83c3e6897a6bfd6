"""What a partner hands in on a stream's way to live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from streams.base.text import validate_lines
from streams.review.services import MAX_TEXT

if TYPE_CHECKING:
    from streams.catalog.models import Stream

IN_ORDER = (
    ("qa_on", "build_on", "building starts"),
    ("launch_on", "qa_on", "QA starts"),
)


def _day(label: str, help_text: str) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget)


class SubmissionForm(forms.Form):
    """The timeline, as services.Timeline has it."""

    build_on = _day("Building starts", "When your developers begin to send events.")
    qa_on = _day("QA starts", "When all of the plan is built.")
    launch_on = _day("Launch", "When your customers are to hear of it.")
    notes = forms.CharField(
        required=False,
        max_length=2000,
        validators=[validate_lines],
        label="For our staff",
        help_text="Who your customers are and how many wait for this, and what a reviewer"
        " should know. No passwords.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    @classmethod
    def of(cls, stream: Stream, data: Any = None) -> SubmissionForm:
        """With what was handed in last time."""
        last = stream.submissions.newest_first().values(*cls.base_fields).first()
        return cls(data, initial=last)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        for later, earlier, what in IN_ORDER:
            if later in given and earlier in given and given[later] < given[earlier]:
                self.add_error(later, f"Not before {what}.")
        return given


class LiveForm(forms.Form):
    note = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        validators=[validate_lines],
        label="For our staff",
        help_text="Needed only where the checklist is not all green: why it should go live"
        " all the same.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
