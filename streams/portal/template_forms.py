"""Forms that ask with which plan to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from streams.base.text import validate_one_line
from streams.catalog.models import not_reserved
from streams.catalog.plans.templates import template, templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.forms.boundfield import BoundWidget

    from streams.catalog.plans.templates import Template

EMPTY = "empty"
SLUG_LENGTH = 50


def _offered() -> list[tuple[str, str]]:
    return [(one.id, one.title) for one in templates()]


def _plan_field(
    label: str, choices: Callable[[], list[tuple[str, str]]]
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        widget=forms.RadioSelect,
        choices=choices,
        error_messages={"required": "Choose one. You can change all of it later."},
    )


class TemplateForm(forms.Form):
    plan = _plan_field("Template", _offered)

    def template(self) -> Template | None:
        """What was chosen; None: an empty plan."""
        chosen = self.cleaned_data["plan"]
        return None if chosen == EMPTY else template(chosen)

    def plans(self) -> Iterator[tuple[BoundWidget, Template | None]]:
        """Each plan's button, and the template that it stands for."""
        for radio in self["plan"]:
            chosen = radio.data["value"]
            yield radio, None if chosen == EMPTY else template(chosen)


class NewStreamForm(TemplateForm):
    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label="Name",
        help_text="What your customers know your tool by.",
    )
    slug = forms.RegexField(
        r"\A[a-z0-9]+(-[a-z0-9]+)*\Z",
        max_length=SLUG_LENGTH,
        required=False,
        label="Short name",
        help_text="Made from the name if you leave it empty. It stands in each event and in"
        " the address of the docs, and never changes: small letters, digits and dashes.",
        error_messages={
            "invalid": "Small letters, digits and single dashes, as in postbox-sms."
        },
        validators=[not_reserved],
        widget=forms.TextInput(
            attrs={
                "autocapitalize": "none",
                "autocomplete": "off",
                "spellcheck": "false",
                "data-slug-of": "id_name",
            }
        ),
    )

    plan = _plan_field(
        "The plan to begin with", lambda: [*_offered(), (EMPTY, "An empty plan")]
    )

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        if "slug" in asked and not asked["slug"] and asked.get("name"):
            asked["slug"] = slugify(asked["name"].replace("_", " "))[
                :SLUG_LENGTH
            ].strip("-_")
            try:
                self.fields["slug"].run_validators(asked["slug"] or "-")
            except ValidationError:
                self.add_error("slug", "No short name can be made of this. Write one.")
        return asked
