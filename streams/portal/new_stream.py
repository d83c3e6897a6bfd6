"""A new stream of a partner: its name, and the plan that it begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify

from streams.catalog.models import not_reserved
from streams.catalog.plans.starting import TooManyStreams, start_stream
from streams.catalog.plans.templates import template, templates
from streams.portal.access import PortalRequest, partner_to_administer, signed_in
from streams.portal.tags import within
from streams.tenancy.services import SlugTaken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget

    from streams.catalog.plans.templates import Template

EMPTY = "empty"
SLUG_LENGTH = 50


class NewStreamForm(forms.Form):
    name = forms.CharField(
        max_length=100,
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
    plan = forms.ChoiceField(
        label="The plan to begin with",
        widget=forms.RadioSelect,
        choices=lambda: [
            *((one.id, one.title) for one in templates()),
            (EMPTY, "An empty plan"),
        ],
        error_messages={"required": "Choose one. You can change all of it later."},
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

    def template(self) -> Template | None:
        """What was chosen; None: an empty plan."""
        chosen = self.cleaned_data["plan"]
        return None if chosen == EMPTY else template(chosen)

    def plans(self) -> Iterator[tuple[BoundWidget, Template | None]]:
        """Each plan's button, and the template that it stands for."""
        yield from zip(self["plan"], [*templates(), None], strict=True)


@signed_in
def stream_new(request: PortalRequest, slug: str) -> HttpResponse:
    """Ask; a POST makes the stream and leads to its plan."""
    place = partner_to_administer(request, slug)
    form = NewStreamForm(request.POST or None)
    if form.is_valid():
        try:
            made = start_stream(
                partner=place.partner,
                name=form.cleaned_data["name"],
                slug=form.cleaned_data["slug"],
                template=form.template(),
                actor=request.user,
            )
        except SlugTaken:
            form.add_error(
                "slug", "There is a stream of this short name already. Write another."
            )
        except TooManyStreams as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{made.name} is made. Next: its plan.")
            return redirect(within(place, "partner-stream-plan", made.slug))
    shown = {"place": place, "form": form}
    return render(request, "portal/partner_stream_new.html", shown)
