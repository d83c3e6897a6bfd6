"""The filter bar of lists: a GET form whose whole state is in the URL.

A list subclasses FilterForm, or TimeFilterForm if its rows have a time, and includes
portal/shared/_filter_bar.html. Rows are only listed while the form is valid, so no filter
is silently ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.portal.shared.form_choices import MomentField

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from django.forms import BoundField

CHIP_LENGTH = 200  # characters of a value; the form has the whole value
SUGGESTIONS = 50  # per field

# The presets: the value in the URL, the period, the short name, and the name of the chip.
PRESETS = (
    ("1h", timedelta(hours=1), gettext_lazy("1 h"), gettext_lazy("Last hour")),
    ("24h", timedelta(hours=24), gettext_lazy("24 h"), gettext_lazy("Last 24 hours")),
    ("7d", timedelta(days=7), gettext_lazy("7 d"), gettext_lazy("Last 7 days")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """An active filter, and the URL query of the list without it."""

    label: str
    value: str
    without: str
    is_valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A time range, and the URL query of the list with it; without it, if it is current."""

    label: str
    name: str
    link: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """Known values of a field, for a `datalist` with this ID."""

    id: str
    values: list[str]


class FilterForm(forms.Form):
    """The filters of a list. Every field is optional, and an empty one matches everything."""

    kept: ClassVar[tuple[str, ...]] = ("stream",)  # parameters that aren't filters
    # Parameters of pages and of their searches.
    controls: ClassVar[tuple[str, ...]] = (
        *("stream", "before", "after", "found", "all", "at", "started"),
    )
    main: ClassVar[tuple[str, ...]] = ()  # fields above “More filters”; empty: all

    def __init__(
        self,
        query: QueryDict,
        *,
        suggestions: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        super().__init__(query)
        self.suggestions: list[Suggestions] = []
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")
        for name, values in (suggestions or {}).items():
            known = Suggestions(
                id=f"{self[name].id_for_label}_known",
                values=sorted({v for v in values if v}, key=str.casefold)[:SUGGESTIONS],
            )
            if known.values:
                self.fields[name].widget.attrs["list"] = known.id
                self.suggestions.append(known)

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned values of the filters that are set and valid."""
        self.is_valid()
        return {
            name: self.cleaned_data[name]
            for name in self.fields
            if self.cleaned_data.get(name) not in (None, "")
        }

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set, even if its value is invalid."""
        return any(self._sent(name) for name in self.fields)

    @property
    def ignored(self) -> list[str]:
        """The parameters that this list can't filter by, so that the page can say so."""
        known = {*self.fields, *self.kept, *self.controls}
        return [name for name in self.data if name not in known and self._sent(name)]

    def query(self, **changes: object) -> str:
        """Return the URL query of this list with other parameters; None removes one.

        Starts from the first page, unless `changes` have another one.
        """
        sent = {name: self._sent(name) for name in (*self.kept, *self.fields)}
        query = QueryDict(mutable=True)
        for name, value in (sent | changes).items():
            if value not in (None, ""):
                query[name] = str(value)
        return f"?{query.urlencode()}"

    @property
    def first_page(self) -> str:
        """The URL query of the first page, with the same filters."""
        return self.query()

    @property
    def filter_query(self) -> str:
        """The filters alone, as in a URL, to save them under a name."""
        kept = dict.fromkeys(self.kept)
        return self.query(**kept).removeprefix("?")

    def link_to(self, filter_query: str) -> str:
        """Return the URL query of this list with the filters that were saved."""
        saved = QueryDict(filter_query)
        return self.query(**{name: saved.get(name) for name in self.fields})

    @property
    def cleared(self) -> str:
        """The URL query of the list without filters."""
        return self.query(**dict.fromkeys(self.fields))

    @property
    def kept_values(self) -> list[tuple[str, str]]:
        """The parameters that are no filters, for hidden inputs."""
        return [(name, sent) for name in self.kept if (sent := self._sent(name))]

    @property
    def chips(self) -> list[Chip]:
        """The active filters, including those with an invalid value."""
        values = self.values
        return [
            Chip(
                label=str(self[name].label),
                value=self._shown(name, values.get(name, self._sent(name))),
                without=self.query(**{name: None}),
                is_valid=name not in self.errors,
            )
            for name in self.fields
            if self._sent(name)
        ]

    @property
    def presets(self) -> list[Preset]:
        """The time ranges to choose from; none in a list without times."""
        return []

    @property
    def has_time_range(self) -> bool:
        """Whether the list is limited to a time range."""
        return any(self._sent(name) for name in ("last", "since", "until"))

    def main_fields(self) -> Iterator[BoundField]:
        """Yield the fields that are always visible."""
        for field in self.visible_fields():
            if not self.main or field.name in self.main:
                yield field

    def more_fields(self) -> list[BoundField]:
        """Return the fields below “More filters”."""
        main = {field.name for field in self.main_fields()}
        return [field for field in self.visible_fields() if field.name not in main]

    @property
    def more_has_errors(self) -> bool:
        return any(field.errors for field in self.more_fields())

    def _sent(self, name: str) -> str:
        return str(self.data.get(name, "")).strip()

    def _shown(self, name: str, value: object) -> str:
        field = self.fields[name]
        if isinstance(value, datetime):
            return formats.date_format(timezone.localtime(value), "j M Y, H:i")
        if isinstance(field, forms.BooleanField):
            return _("Yes")
        labels: dict[str, object] = dict(getattr(field, "choices", ()))
        return str(labels.get(str(value), value))[:CHIP_LENGTH]


class TimeFilterForm(FilterForm):
    """The filters of a list whose rows have a time: a preset, or an own range."""

    last = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Time"),
        widget=forms.HiddenInput,
        choices=[(value, name) for value, _period, _short, name in PRESETS],
    )
    since = MomentField(gettext_lazy("From"))
    until = MomentField(gettext_lazy("To"))

    def __init__(
        self,
        query: QueryDict,
        *,
        suggestions: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        own = query.copy()
        if own.get("since") or own.get("until"):  # an own range replaces the preset
            own.pop("last", None)
        super().__init__(own, suggestions=suggestions)
        names = [name for name in self.fields if name not in ("since", "until")]
        self.order_fields([*names, "since", "until"])

    def clean(self) -> dict[str, Any]:
        """Refuse a range that ends before it starts."""
        cleaned = self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", _("Enter a time after the start of the range."))
        return cleaned

    def time_range(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the start and the end of the range; None: it is open on that side."""
        values = self.values
        periods = {value: period for value, period, *_names in PRESETS}
        if "last" in values:
            return now - periods[values["last"]], None
        return values.get("since"), values.get("until")

    @property
    def presets(self) -> list[Preset]:
        current = self._sent("last")
        return [
            Preset(
                label=str(short),
                name=str(name),
                link=self.query(
                    last=None if value == current else value, since=None, until=None
                ),
                is_current=value == current,
            )
            for value, _period, short, name in PRESETS
        ]
