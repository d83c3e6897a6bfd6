"""Forms for choosing the template of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.base.text.validation import validate_one_line
from streams.catalog.models import not_reserved
from streams.catalog.plans.authoring.templates import template, templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

    from streams.catalog.plans.authoring.templates import PlanTemplate

EMPTY = "empty"
SLUG_LENGTH = 50


def _offered() -> list[tuple[str, StrOrPromise]]:
    return [(template.id, gettext(template.title)) for template in templates()]


def _plan_field(
    label: StrOrPromise, choices: Callable[[], list[tuple[str, StrOrPromise]]]
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        widget=forms.RadioSelect,
        choices=choices,
        error_messages={
            "required": _("Choose an option. You can change the plan later.")
        },
    )


class TemplateForm(forms.Form):
    plan = _plan_field(_("Template"), _offered)

    def template(self) -> PlanTemplate | None:
        """Return the chosen template, or None for an empty plan."""
        chosen = self.cleaned_data["plan"]
        return None if chosen == EMPTY else template(chosen)

    def plans(self) -> Iterator[tuple[BoundWidget, PlanTemplate | None]]:
        """Yield each radio button with its template."""
        for radio in self["plan"]:
            chosen = radio.data["value"]
            yield radio, None if chosen == EMPTY else template(chosen)


class NewStreamForm(TemplateForm):
    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=_("Name"),
        help_text=_("The name of your tool, as your customers know it."),
    )
    slug = forms.RegexField(
        r"\A[a-z0-9]+(-[a-z0-9]+)*\Z",
        max_length=SLUG_LENGTH,
        required=False,
        label=_("Slug"),
        help_text=_(
            "Lowercase letters, digits, and hyphens. Part of every event and of the docs URL."
            " You can't change it later. If empty, it is derived from the name."
        ),
        error_messages={
            "invalid": _(
                "Use lowercase letters, digits, and single hyphens, for example postbox-sms."
            )
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
        _("Initial plan"), lambda: [*_offered(), (EMPTY, _("Empty plan"))]
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "slug" in cleaned and not cleaned["slug"] and cleaned.get("name"):
            cleaned["slug"] = slugify(cleaned["name"].replace("_", " "))[
                :SLUG_LENGTH
            ].strip("-_")
            try:
                self.fields["slug"].run_validators(cleaned["slug"] or "-")
            except ValidationError:
                message = gettext("No slug can be derived from this name. Enter one.")
                self.add_error("slug", message)
        return cleaned
