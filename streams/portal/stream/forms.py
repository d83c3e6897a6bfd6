from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from streams.base.text.validation import validate_one_line
from streams.catalog.retention_period import MAX_DAYS, MIN_DAYS, NOTICE
from streams.catalog.setting_conflicts import settings_of
from streams.portal.shared.form_choices import MODE_HINTS, MODES
from streams.spec.spec_exceptions import READINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django.http import QueryDict
    from django_stubs_ext import StrOrPromise

    from streams.catalog.models import Stream
    from streams.catalog.setting_conflicts import SettingChange, SettingsConflict
    from streams.tenancy.models import Partner

# Days until a token expires, and the label.
LIFETIMES = [
    ("", _("Never")),
    ("30", _("In 30 days")),
    ("90", _("In 90 days")),
    ("365", _("In a year")),
]


class OfAStreamForm(forms.Form):
    """A form with a choice of stream, hidden if the partner has only one.

    `slug` is of the stream that is chosen at first; otherwise, it is the first by name.
    """

    def __init__(
        self, partner: Partner, *args: Any, slug: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        streams = partner.streams.order_by("name")
        named = [one for one in streams if one.slug == slug]
        chosen = forms.ModelChoiceField(
            streams,
            label=_("Stream"),
            empty_label=None,
            initial=named[0] if named else streams.first(),
        )
        if len(streams) == 1:
            chosen.widget = forms.HiddenInput()
        self.fields["stream"] = chosen


class TokenForm(OfAStreamForm):
    name = forms.CharField(
        max_length=100,
        validators=[validate_one_line],
        label=_("Name"),
        help_text=_("Where you use the token, such as “Production”."),
    )
    lifetime = forms.TypedChoiceField(
        choices=LIFETIMES,
        coerce=lambda days: timedelta(days=int(days)),
        empty_value=None,
        required=False,
        label=_("Expires"),
        help_text=_("We notify you 7 days before the token expires, and 1 day before."),
    )


class StreamForm(forms.Form):
    """The settings of a stream; `seen` holds the settings that the form showed."""

    name = forms.CharField(
        max_length=100, validators=[validate_one_line], label=_("Name")
    )
    version = forms.RegexField(
        r"\A[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}\Z",
        label=_("Stream version"),
        help_text=_(
            "Every event carries it. Increase it whenever your tool changes its events or their"
            " properties. The tracking plan has its own version numbers."
        ),
        error_messages={
            "invalid": _("Enter three numbers separated by dots, such as 1.0.0.")
        },
    )
    allow_anonymous = forms.BooleanField(
        required=False,
        label=_("Accept events with only an anonymousId"),
        help_text=_(
            "Events of people who have no userId yet. Segment asks partners to send a userId"
            " with every event, and bills each anonymousId that comes without one as another"
            " monthly tracked user. To find the userId by an email or by your own ID, don't turn"
            " this on: see “Look up missing userIds” below."
        ),
    )
    create_workspaces = forms.BooleanField(
        required=False,
        label=_("Create workspaces automatically"),
        help_text=_(
            "The first event for an unknown customer creates a workspace. If this is off,"
            " such events are rejected."
        ),
    )
    retention_days = forms.IntegerField(
        min_value=MIN_DAYS,
        max_value=MAX_DAYS,
        label=_("Retention (days)"),
        help_text=format_lazy(
            _(
                "How long events are kept: {least} to {most} days. After that, events are"
                " deleted, even if they weren't delivered. A shorter retention takes effect"
                " after {notice} days, so that your customers are warned first."
            ),
            least=MIN_DAYS,
            most=MAX_DAYS,
            notice=NOTICE.days,
        ),
    )

    check_mode = forms.ChoiceField(
        choices=MODES, label=_("Validation mode"), widget=forms.RadioSelect
    )
    seen = forms.JSONField(required=False, widget=forms.HiddenInput)
    # Changes by someone else after the form was opened, with their labels; see `after`.
    changed_meanwhile: tuple[tuple[StrOrPromise, SettingChange], ...] = ()

    @classmethod
    def of(cls, stream: Stream, data: QueryDict | None = None) -> StreamForm:
        """Return the form with the settings of a stream, or with what was submitted."""
        shown = settings_of(stream, cls.base_fields.keys() - {"seen"})
        return cls(data, initial={**shown, "seen": shown})

    @classmethod
    def after(cls, conflict: SettingsConflict) -> StreamForm:
        """Return the form again, with what the person entered.

        It has seen the other person's changes, so saving it again overwrites them.
        """
        form = cls(initial={**conflict.merged, "seen": conflict.current})
        form.changed_meanwhile = tuple(
            (form.fields[change.field].label or change.field, change)
            for change in conflict.changes
        )
        return form

    def clean_seen(self) -> dict[str, Any] | None:
        """Return the settings that the form showed; None if the browser sent none."""
        seen = self.cleaned_data["seen"]
        return seen if isinstance(seen, dict) else None

    def modes(self) -> Iterator[tuple[BoundWidget, StrOrPromise]]:
        """Yield each mode's radio button and its description."""
        for radio in self["check_mode"]:
            yield radio, MODE_HINTS[radio.data["value"]]


class ReadingsForm(forms.Form):
    accepted = forms.MultipleChoiceField(
        required=False,
        label=_("Exceptions"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(one.id, _(one.title)) for one in READINGS.values()],
    )

    @classmethod
    def of(cls, stream: Stream, *, disabled: bool) -> ReadingsForm:
        """Return the form with the exceptions of a stream."""
        form = cls(initial={"accepted": stream.spec_readings})
        form.fields["accepted"].disabled = disabled
        return form

    def boxes(self) -> list[tuple[BoundWidget, StrOrPromise]]:
        """Return each checkbox and its reason in Segment's docs."""
        return [(box, _(READINGS[box.data["value"]].why)) for box in self["accepted"]]
