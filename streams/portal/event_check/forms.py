"""The form of the page “Check an event”."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.catalog.plans.models import PlanVersion

MAX_TEXT = 200_000  # characters
EXAMPLE = """{
  "type": "track",
  "userId": "user-1",
  "event": "Order Completed",
  "properties": {"order_id": "A-1", "revenue": 9.9, "currency": "EUR"}
}"""


class CheckForm(forms.Form):
    """Events to check, and the plan version to check them against."""

    events = forms.CharField(
        max_length=MAX_TEXT,
        strip=False,
        label=_("Events"),
        help_text=_("A JSON object, an array, a batch, or one event per line."),
        error_messages={"required": _("Paste at least one event.")},
        widget=forms.Textarea(
            attrs={"class": "mono", "rows": 12, "spellcheck": "false", "placeholder": EXAMPLE}
        ),
    )  # fmt: skip
    plan = forms.ChoiceField(label=_("Check against"), widget=forms.Select)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        published: PlanVersion | None,
        draft: PlanVersion | None,
        query: Mapping[str, Any],
    ) -> None:
        """`query` may name the plan that is preselected."""
        choices = []
        if published is not None:
            named = gettext("Spec and plan version %(number)s")
            choices.append(("published", named % {"number": published.number}))
        if draft is not None:
            choices.append(("draft", gettext("Spec and plan draft")))
        choices.append(("spec", gettext("Segment Spec only")))
        first = query.get("plan")
        known = first in dict(choices)
        super().__init__(data, initial={"plan": first if known else choices[0][0]})
        plan = self.fields["plan"]
        if isinstance(plan, forms.ChoiceField):
            plan.choices = choices

    def clean_events(self) -> str:
        """Return the text with Unix line ends and without a byte order mark."""
        text: str = self.cleaned_data["events"]
        text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
        if not text.strip():
            raise forms.ValidationError(gettext("Paste at least one event."))
        return text.strip("\n")
