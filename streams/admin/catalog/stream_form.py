"""The form of a stream's settings, which notices that someone else changed them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

from streams.catalog.models import Stream
from streams.catalog.services import compare_settings
from streams.catalog.setting_conflicts import SettingsConflict, settings_of

if TYPE_CHECKING:
    from django.http import QueryDict

SETTINGS = (
    "name", "version", "allow_anonymous", "create_workspaces", "requests_per_second",
    "retention_days",
)  # fmt: skip


class StreamForm(forms.ModelForm):
    """The settings of an existing stream; `seen` holds those that the form showed."""

    data: QueryDict
    seen = forms.JSONField(required=False, label="", widget=forms.HiddenInput)

    class Meta:
        model = Stream
        fields = SETTINGS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = settings_of(self.instance, SETTINGS)

    def clean_seen(self) -> dict[str, Any] | None:
        """Return the settings that the form showed; None if the browser sent none."""
        seen = self.cleaned_data["seen"]
        return seen if isinstance(seen, dict) else None

    def clean(self) -> dict[str, Any]:
        """Lock the stream, and refuse to overwrite another person's changes."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        entered = {name: cleaned[name] for name in SETTINGS}
        try:
            compare_settings(
                stream=self.instance, entered=entered, seen=cleaned["seen"]
            )
        except SettingsConflict as conflict:
            self._show_again(conflict)
            raise forms.ValidationError(self._in_words(conflict)) from None
        return cleaned

    def _show_again(self, conflict: SettingsConflict) -> None:
        """Keep what the person entered. Saving the form again overwrites the others."""
        shown = self.data.copy()
        for name, value in conflict.merged.items():
            if value is False:  # as a browser sends an empty checkbox
                shown.pop(name, None)
            else:
                shown[name] = "on" if value is True else str(value)
        shown["seen"] = json.dumps(conflict.current)
        self.data = shown

    def _in_words(self, conflict: SettingsConflict) -> list[str]:
        changed = _("%(label)s: changed from “%(before)s” to “%(after)s”")
        return [
            _(
                "Someone else changed these settings after you opened this page. Nothing"
                " is saved yet. Settings that you left unchanged show the other person's"
                " values. Check the settings, then save again."
            ),
            *(
                changed
                % {
                    "label": self.fields[change.field].label,
                    "before": change.before_text,
                    "after": change.after_text,
                }
                for change in conflict.changes
            ),
        ]
