"""The form of “Check an event”."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

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
    """Events, and what they are held against beside the Spec."""

    events = forms.CharField(
        max_length=MAX_TEXT,
        strip=False,
        label="Events",
        help_text="One as JSON, a list of them, a batch, or one a line. They are not sent and"
        " not kept.",
        error_messages={"required": "Paste an event first."},
        widget=forms.Textarea(
            attrs={"class": "mono", "rows": 12, "spellcheck": "false", "placeholder": EXAMPLE}
        ),
    )  # fmt: skip
    plan = forms.ChoiceField(label="Held against", widget=forms.Select)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        published: PlanVersion | None,
        draft: PlanVersion | None,
        asked: Mapping[str, Any],
    ) -> None:
        """`asked` may name the plan to begin with."""
        choices = []
        if published is not None:
            choices.append(("published", f"Spec and plan, version {published.number}"))
        if draft is not None:
            choices.append(("draft", "Spec and the draft of the plan"))
        choices.append(("spec", "The Segment Spec alone"))
        first = asked.get("plan")
        known = first in dict(choices)
        super().__init__(data, initial={"plan": first if known else choices[0][0]})
        plan = self.fields["plan"]
        if isinstance(plan, forms.ChoiceField):
            plan.choices = choices

    def clean_events(self) -> str:
        """With lines that end as they do everywhere but in forms, and no mark before them."""
        text: str = self.cleaned_data["events"]
        text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
        if not text.strip():
            raise forms.ValidationError("Paste an event first.")
        return text.strip("\n")
