from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _

from streams.alerts.conditions.all_rules import RULES
from streams.alerts.models import Alert, Notice
from streams.alerts.people.digests import Cadence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import QueryDict
    from django_stubs_ext import StrOrPromise

Channel = Notice.Channel
# A digest of the inbox would hide what the inbox is for.
OPTIONS: dict[Notice.Channel, list[tuple[str, StrOrPromise]]] = {
    Channel.EMAIL: [(one.value, one.label) for one in Cadence],
    Channel.INBOX: [(one.value, one.label) for one in (Cadence.NOW, Cadence.OFF)],
}


def kinds() -> list[tuple[str, str]]:
    """Return the conditions that operators are notified of, with each channel."""
    return [
        (str(rule.condition), str(channel))
        for rule in RULES
        if rule.for_operators
        for channel in OPTIONS
    ]


class OperatorChoicesForm(forms.Form):
    """When an operator gets notices of each kind, by each channel."""

    def __init__(
        self, data: QueryDict | None, *, kinds: dict[tuple[str, str], str]
    ) -> None:
        super().__init__(data)
        self.kinds = list(kinds)
        for (condition, channel), cadence in kinds.items():
            label = _("%(alert)s: %(channel)s") % {
                "alert": Alert.Condition(condition).label,
                "channel": Channel(channel).label,
            }
            self.fields[f"{condition}-{channel}"] = forms.ChoiceField(
                choices=OPTIONS[Channel(channel)],
                initial=cadence,
                # Its cell has a row and a column instead of a label.
                widget=forms.Select(attrs={"aria-label": label}),
            )

    def rows(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Yield each kind of alert with its fields."""
        for condition in dict(self.kinds):
            fields = [self[f"{condition}-{channel}"] for channel in OPTIONS]
            yield str(Alert.Condition(condition).label), fields

    @property
    def choices(self) -> dict[tuple[str, str], str]:
        return {
            (condition, channel): self.cleaned_data[f"{condition}-{channel}"]
            for condition, channel in self.kinds
        }
