"""The settings of a stream, and conflicts between two people who change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from django.utils.translation import gettext as _

from streams.spec.validation_modes import CHOICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.catalog.models import Stream


class StreamSettings(TypedDict):
    """The settings that people can change. A form may show some of them only."""

    name: str
    version: NotRequired[str]
    allow_anonymous: NotRequired[bool]
    create_workspaces: NotRequired[bool]
    requests_per_second: NotRequired[int]
    retention_days: NotRequired[int]
    check_mode: NotRequired[str]


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that someone changed after a form had shown it."""

    field: str
    before: object
    after: object

    @property
    def before_text(self) -> str:
        """The earlier value, for people."""
        return _text(self.field, self.before)

    @property
    def after_text(self) -> str:
        """The saved value, for people."""
        return _text(self.field, self.after)


class SettingsConflict(ValueError):
    """Someone else changed the settings after the form was opened.

    `seen`, `entered` and `current` are the settings that the form showed, that the person
    entered, and that are saved now.
    """

    def __init__(
        self,
        *,
        seen: Mapping[str, Any],
        entered: Mapping[str, Any],
        current: Mapping[str, Any],
    ) -> None:
        super().__init__(
            _("Someone else changed these settings. Review them and try again.")
        )
        self.seen, self.entered, self.current = seen, entered, current

    @property
    def changes(self) -> list[SettingChange]:
        """The other person's changes."""
        return [
            SettingChange(field, self.seen[field], value)
            for field, value in self.current.items()
            if field in self.seen and self.seen[field] != value
        ]

    @property
    def merged(self) -> dict[str, Any]:
        """The person's own changes, and the saved values of all other settings."""
        return {
            field: value
            if field not in self.seen or self.entered[field] != self.seen[field]
            else self.current[field]
            for field, value in self.entered.items()
        }


def settings_of(stream: Stream, fields: Iterable[str]) -> dict[str, Any]:
    """Return these settings of a stream, as values that JSON can express."""
    return {field: getattr(stream, field) for field in fields}


def compare(
    *, seen: Mapping[str, Any], entered: Mapping[str, Any], current: Mapping[str, Any]
) -> None:
    """Raise SettingsConflict if saving `entered` would overwrite a change made since `seen`.

    Settings that `seen` lacks are not compared.
    """
    for field, value in current.items():
        if field in seen and value not in (seen[field], entered[field]):
            raise SettingsConflict(seen=seen, entered=entered, current=current)


def _text(field: str, value: object) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    labels = dict(CHOICES) if field == "check_mode" else {}
    return _(labels[str(value)]) if str(value) in labels else str(value)
