from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streams.connections.regions import Region, offered
from streams.events.time_index import last_before
from streams.portal.shared.form_choices import MomentField, NumberField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django_stubs_ext import StrOrPromise

    from streams.events.models import Feed

REGION_HINTS = {
    # segment/http-api.md, 1: the region is fixed when a workspace is created.
    Region.US: _("Segment's default region, used by most workspaces."),
    Region.EU: _("For workspaces created in Europe, on Segment's Business plan."),
    Region.SANDBOX: _(
        "A simulated Segment that comes with this portal. Nothing is sent to the real one."
    ),
    Region.SANDBOX_EU: _("The same sandbox, reached through the European endpoint."),
}

WAITING, NOW, CHOSEN = "waiting", "now", "chosen"  # values of NewConnectionForm.start


class KeyInput(forms.PasswordInput):
    """A field for a write key: readable while it is pasted, never sent back to the page.

    Not of the type "password": browsers offer to store those despite `autocomplete`.
    """

    input_type = "text"

    def __init__(self) -> None:
        attrs = {
            "class": "key-input",
            "autocomplete": "off",
            "autocapitalize": "none",
            "autocorrect": "off",
            "spellcheck": "false",
            "placeholder": _("32 letters and digits"),
            "data-1p-ignore": "true",
            "data-bwignore": "true",
            "data-lpignore": "true",
            "data-secret": "",  # forms.js keeps no draft of it
        }
        super().__init__(attrs=attrs, render_value=False)


class ConnectionForm(forms.Form):
    # No strip and no length: a key with a space at its end gets a sentence of its own.
    write_key = forms.CharField(
        label=_("Write key"),
        widget=KeyInput,
        strip=False,
        error_messages={"required": _("Paste the write key of your Segment source.")},
    )
    region = forms.ChoiceField(
        label=_("Region of your Segment workspace"),
        widget=forms.RadioSelect,
        choices=lambda: [(region.value, region.label) for region in offered()],
        error_messages={
            "required": _(
                "Select the region of your Segment workspace. A write key works in one"
                " region only."
            )
        },
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors and cleaned.get("write_key"):
            self.ask_for_key_again()
        return cleaned

    def ask_for_key_again(self) -> None:
        """Ask for the key after another error: the page with the error doesn't hold it.

        Unless the browser sent the form from within the page (key_form.js).
        """
        if self.data.get("keeps_key"):
            return
        self.add_error(
            "write_key",
            _("Paste the write key again. We don't send keys back to the page."),
        )

    def regions(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each region's radio button and its hint."""
        for radio in self["region"]:
            yield radio, REGION_HINTS[Region(radio.data["value"])]


class ChangeForm(ConnectionForm):
    """A new key, a new region, or both; `is_bad`: the current key doesn't work."""

    def __init__(self, *args: Any, is_bad: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_bad = is_bad
        self.fields["write_key"].required = False
        self.fields["write_key"].label = _("New write key")
        self.fields["write_key"].help_text = (
            _("Leave empty only if the key is right, but the region is wrong.")
            if is_bad
            else _("Leave empty to keep the current key.")
        )


class NewConnectionForm(ConnectionForm):
    """A write key, a region, and the first event to send."""

    start = forms.ChoiceField(
        required=False,
        label=_("Events to send"),
        widget=forms.RadioSelect,
        initial=WAITING,
        choices=[
            (WAITING, _("All queued and new events")),
            (NOW, _("New events only")),
            (CHOSEN, _("From a specific event or time")),
        ],
    )
    start_seq = NumberField(_("From event number"))
    start_at = MomentField(_("Or received since"))

    def __init__(self, feed: Feed, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.feed = feed
        if not feed.head_seq:  # there is nothing to choose from
            for name in ("start", "start_seq", "start_at"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        number, moment = cleaned.get("start_seq"), cleaned.get("start_at")
        if cleaned.get("start") == CHOSEN and (number is None) == (moment is None):
            self.add_error("start", _("Enter either an event number or a time."))
        return super().clean()

    def after(self) -> int | None:
        """The number of the last event to leave out; None: start with the queue.

        The form is valid.
        """
        chosen = self.cleaned_data.get("start") or WAITING
        if chosen == WAITING:
            return None
        if chosen == NOW:
            return self.feed.head_seq
        if self.cleaned_data["start_seq"] is not None:
            return int(self.cleaned_data["start_seq"]) - 1
        return last_before(self.feed, self.cleaned_data["start_at"])

    def starts(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Each option's radio button and its hint."""
        hints = {
            WAITING: _("Every event is sent once."),
            NOW: _(
                "Earlier events are stored but not sent. You can replay them later."
            ),
            CHOSEN: _("Events that an earlier connection already sent are sent again."),
        }
        for radio in self["start"]:
            yield radio, hints[radio.data["value"]]
