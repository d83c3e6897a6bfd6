from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from streams.events.queries import EventFilter
from streams.portal.shared.form_choices import CALLS, number_in


class EventFilterForm(forms.Form):
    """The filters of the list of events; a value that cannot be read is ignored."""

    name = forms.CharField(required=False, max_length=200, label=_("Name starts with"))
    type = forms.ChoiceField(
        required=False,
        label=_("Call"),
        choices=[("", _("All calls")), *((call, call) for call in CALLS)],
    )
    user_id = forms.CharField(required=False, max_length=200, label="userId")
    since = forms.DateTimeField(
        required=False,
        label=_("From"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    until = forms.DateTimeField(
        required=False,
        label=_("To"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def filters(self) -> EventFilter:
        self.is_valid()
        cleaned = {name: value for name, value in self.cleaned_data.items() if value}
        return EventFilter(**cleaned)

    def before(self) -> int | None:
        """The event number that this page ends before."""
        return number_in(self.data, "before")

    def newest(self) -> str:
        """The query of the first page, with the same filters."""
        return self.link_to(None)

    def link_to(self, before: int | None) -> str:
        """The query of the page before that number, with the same filters."""
        query = QueryDict(mutable=True)
        query.update({k: v for k, v in self.data.items() if v and k != "before"})
        if before is not None:
            query["before"] = str(before)
        return f"?{query.urlencode()}"
