"""A page for developers that shows every component of the interface in every state.

Each component has one template in templates/admin/components/, rendered once per state. States
that only a pointer or the keyboard brings about carry `data-force`: the browser test forces them
before it takes its photographs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise

# The name of each state, and its pseudo-class.
FORCED = (
    (_("Hover"), "hover"),
    (_("Focus"), "focus-visible"),
    (_("Pressed"), "active"),
)
TONES = (
    (_("Neutral"), ""), (_("Good"), "good"), (_("In progress"), "busy"),
    (_("Warning"), "warn"), (_("Error"), "bad"),
)  # fmt: skip
# Names that people have given: shown unchanged, and not translated.
NAMES = {
    "stream": "Postbox", "slug": "postbox", "other_stream": "استبيانات",
    "workspace": "Northwind", "other_workspace": "Fern & Field",
    "event": "Email Opened", "other_event": "Email Bounced",
}  # fmt: skip
BUTTONS = (
    (_("Default"), ""), (_("Primary"), "first"), (_("Danger"), "danger"),
    (_("Primary, danger"), "danger first"), (_("Quiet"), "quiet"), (_("Small"), "small"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of a component: `values` go to its template, `force` is a pseudo-class."""

    name: _StrPromise | str
    values: dict[str, object]
    force: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A component, its template below admin/components/, and the stylesheet that it is in."""

    name: _StrPromise
    template: str
    stylesheet: str
    states: tuple[State, ...]

    @property
    def path(self) -> str:
        return f"admin/components/{self.template}.html"


class Fields(forms.Form):
    """One field of each kind."""

    text = forms.CharField(
        label=_("Name"), help_text=_("Your customers see it."), initial="Postbox"
    )
    choice = forms.ChoiceField(
        label=_("Role"), choices=[("viewer", _("Viewer")), ("editor", _("Editor"))]
    )
    long = forms.CharField(
        label=_("Description"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    file = forms.FileField(label=_("File"), required=False)


def components_page(request: HttpRequest) -> HttpResponse:
    """Render the page; the admin has checked that an operator asks."""
    page = {"components": list(components()), "names": NAMES}
    return render(request, "admin/components/components.html", page)


def components() -> Iterator[Component]:
    """Yield all components, in the order of the page."""
    for name, template, stylesheet, states in (
        (_("Buttons"), "buttons", "controls", tuple(_buttons())),
        (_("Fields"), "fields", "controls", tuple(_fields())),
        (_("Choices"), "choices", "controls", tuple(_choices())),
        (_("Checkboxes"), "checkboxes", "controls", tuple(_checkboxes())),
        (_("Navigation"), "navigation", "frame", tuple(_plain_and_forced())),
        (_("Tabs"), "tabs", "page", tuple(_plain_and_forced())),
        (_("Menu"), "menu", "frame", tuple(_switched(_("Closed"), _("Open")))),
        (_("Badges"), "badges", "status", tuple(_tones())),
        (_("Status"), "status", "status", tuple(_tones())),
        (_("Notices"), "notices", "status", tuple(_tones())),
        (_("Figures"), "figures", "figures", tuple(_tones())),
        (_("Progress"), "progress", "figures", tuple(_shares())),
        (_("Section"), "section", "page", tuple(_switched(_("Section"), _("Decision")))),
        (_("Table"), "table", "lists", tuple(_plain_and_forced())),
        (_("List"), "list", "lists", tuple(_plain_and_forced())),
        (_("Empty"), "empty", "lists", tuple(_switched(_("With a next step"), _("No match")))),
        (_("Loading"), "loading", "status", (State(name=_("Loading"), values={}),)),
        (_("Steps"), "steps", "text", tuple(_tones())),
        (_("Code"), "code", "text", (State(name=_("JSON"), values={}),)),
    ):  # fmt: skip
        yield Component(
            name=name, template=template, stylesheet=stylesheet, states=states
        )


def _plain_and_forced() -> Iterator[State]:
    yield State(name=_("Default"), values={})
    for name, force in FORCED:
        yield State(name=name, values={}, force=force)


def _buttons() -> Iterator[State]:
    yield State(name=_("Default"), values={"kinds": BUTTONS})
    for name, force in FORCED:
        yield State(name=name, values={"kinds": BUTTONS}, force=force)
    yield State(name=_("Busy"), values={"kinds": BUTTONS, "pending": True})
    yield State(name=_("Disabled"), values={"kinds": BUTTONS, "disabled": True})


def _fields() -> Iterator[State]:
    yield State(name=_("Default"), values={"form": Fields(prefix="default")})
    for name, force in FORCED[:2]:
        form = Fields(prefix=force)
        yield State(name=name, values={"form": form}, force=force)
    yield State(name=_("Error"), values={"form": Fields({}, prefix="error")})
    disabled = Fields(prefix="disabled")
    for field in disabled.fields.values():
        field.disabled = True
    yield State(name=_("Disabled"), values={"form": disabled})


def _choices() -> Iterator[State]:
    yield State(name=_("Default"), values={"group": "default"})
    for name, force in FORCED:
        yield State(name=name, values={"group": force}, force=force)
    yield State(name=_("Error"), values={"group": "error", "error": True})
    yield State(name=_("Disabled"), values={"group": "disabled", "disabled": True})


def _checkboxes() -> Iterator[State]:
    yield State(name=_("Default"), values={})
    for name, force in FORCED[:2]:
        yield State(name=name, values={}, force=force)
    yield State(name=_("Disabled"), values={"disabled": True})


def _tones() -> Iterator[State]:
    for name, tone in TONES:
        yield State(name=name, values={"tone": tone, "name": name})


def _shares() -> Iterator[State]:
    for share in (0, 40, 100):
        yield State(name=f"{share}%", values={"share": share})


def _switched(off: _StrPromise, on: _StrPromise) -> Iterator[State]:
    yield State(name=off, values={"on": False})
    yield State(name=on, values={"on": True})
