"""Forms of the launch checklist: the submission and the launch request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.base.text.validation import validate_lines
from streams.review.services import MAX_TEXT

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.catalog.models import Stream

IN_ORDER = (
    ("qa_on", "build_on", _("QA can't start before development starts.")),
    ("launch_on", "qa_on", _("The launch can't be before QA starts.")),
)


def _day(label: StrOrPromise, help_text: StrOrPromise) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget)


class SubmissionForm(forms.Form):
    """The fields of services.Timeline."""

    build_on = _day(
        _("Development starts"), _("When your developers start sending events.")
    )
    qa_on = _day(_("QA starts"), _("When everything in the plan is built."))
    launch_on = _day(_("Launch"), _("When you announce it to your customers."))
    notes = forms.CharField(
        required=False,
        max_length=2000,
        validators=[validate_lines],
        label=_("Note to the reviewer"),
        help_text=_(
            "Describe your customers, how many of them are waiting for this, and anything"
            " else that the reviewer should know. Don't include passwords."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    @classmethod
    def of(cls, stream: Stream, data: Any = None) -> SubmissionForm:
        """Return the form, prefilled with the last submission."""
        last = stream.submissions.newest_first().values(*cls.base_fields).first()
        return cls(data, initial=last)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        for later, earlier, problem in IN_ORDER:
            if later in given and earlier in given and given[later] < given[earlier]:
                self.add_error(later, problem)
        return given


class LiveForm(forms.Form):
    note = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        validators=[validate_lines],
        label=_("Note to the reviewer"),
        help_text=_(
            "If some QA checks haven't passed, explain why the stream should go live anyway."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
