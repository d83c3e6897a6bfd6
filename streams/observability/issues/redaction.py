"""Example structures: an event's keys and types, without any personal data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from streams.catalog.plans.plan import EACH, NAME_FIELDS
from streams.spec.call_structure import CALLS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MOST_BYTES = 2_000
MOST_KEYS = 60  # in a whole sample
MOST_DEPTH = 6
MOST_ITEMS = 2  # of a list
MORE = "…"
# A key is shown if a developer could have chosen it: not an address, a date or anything as
# long as a write key.
PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z_$ .-]*(?:[0-9]{1,2}[A-Za-z_$ .-]*)?")
MOST_KEY = 31  # characters
MOST_NAME = 200

_encode = msgspec.json.Encoder().encode


def sample_of(
    event: Mapping[str, Any], hidden: Collection[tuple[str, ...]] = ()
) -> str:
    """Return an event as JSON with each value replaced by its type and length.

    Only the call's type and the event's name are kept. The result has at most MOST_BYTES;
    it is empty if the event could not be read. `hidden` has the paths to leave out, by
    parts as in a plan (`$` stands for every item of a list).
    """
    if not event:
        return ""
    shown = _Redaction(hidden).of_object(event, ())
    call = event.get("type")
    if isinstance(call, str) and call in CALLS and "type" in shown:
        shown["type"] = call
        name = NAME_FIELDS.get(call)
        if name in shown and isinstance(event[name], str):
            shown[name] = event[name][:MOST_NAME]
    text = _encode(shown)
    # The number of keys and the depth are bounded, so only very long keys exceed this.
    return text.decode() if len(text) <= MOST_BYTES else _encode({MORE: MORE}).decode()


class _Redaction:
    def __init__(self, hidden: Collection[tuple[str, ...]]) -> None:
        self._hidden = frozenset(hidden)
        self._keys_left = MOST_KEYS

    def of_object(
        self, content: Mapping[str, Any], path: tuple[str, ...]
    ) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for key, value in content.items():
            place = (*path, key)
            if place in self._hidden:
                continue
            if self._keys_left <= 0:
                shown[MORE] = MORE
                break
            self._keys_left -= 1
            plain = len(key) <= MOST_KEY and PLAIN_KEY.fullmatch(key)
            shown[key if plain else MORE] = self._of(value, place)
        return shown

    def _of(self, value: Any, path: tuple[str, ...]) -> Any:
        if value is None:
            return None
        if isinstance(value, str):
            return f"text, {len(value)} character{'' if len(value) == 1 else 's'}"
        if isinstance(value, bool):
            return "true or false"
        if isinstance(value, int | float):
            return "number"
        if len(path) >= MOST_DEPTH:
            return MORE
        if isinstance(value, dict):
            return self.of_object(value, path)
        return self._of_list(value, (*path, EACH))

    def _of_list(self, items: list[Any], path: tuple[str, ...]) -> list[Any]:
        if path in self._hidden:
            return []
        shown = [self._of(item, path) for item in items[:MOST_ITEMS]]
        more = len(items) - len(shown)
        return [*shown, f"{more} more"] if more > 0 else shown
