"""The tracking plan of a stream as plain values: its events and their properties.

The values convert to and from JSON; nothing here depends on a database.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from streams.base.msgspec_types import prepared


class PlannedProperty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A property of an event, or a field of its context."""

    # Below `properties` (`traits` of identify and group) or `context`, in the notation
    # of segment/spec.md: `campaign_id`, `traits.email`, `products.$.sku`.
    path: str
    type: str = "string"  # one of TYPES
    required: bool = False
    example: Any = None
    description: str = ""
    sensitive: bool = False  # its example is hidden in samples and docs

    @property
    def example_text(self) -> str:
        """The example as docs show it; empty if there is none or it is sensitive."""
        if self.example is None or self.sensitive:
            return ""
        if isinstance(self.example, str):
            return self.example
        return msgspec.json.encode(self.example).decode()


class PlannedEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event that the stream sends."""

    call: str = "track"
    name: str = ""  # required for track; optional for page and screen
    when: str = ""  # a sentence: the trigger
    properties: tuple[PlannedProperty, ...] = ()
    context: tuple[PlannedProperty, ...] = ()

    @property
    def places(self) -> list[tuple[str, PlannedProperty]]:
        """All properties and context fields with their paths: `campaign_id`, `context.ip`."""
        context = ((f"context.{one.path}", one) for one in self.context)
        return [*((one.path, one) for one in self.properties), *context]


@prepared
class TrackingPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All events of a stream, in the order of its docs."""

    events: tuple[PlannedEvent, ...] = ()


TYPES = (
    "string", "number", "integer", "boolean", "date", "object", "array", "any",
)  # fmt: skip
# The name field of each call; other calls have none.
NAME_FIELDS = {"track": "event", "page": "name", "screen": "name"}
EACH = "$"  # in a path: every item of a list


def parts(path: str) -> tuple[str, ...]:
    """Split a path: `products.$.sku` is the `sku` of each item of `products`."""
    return tuple(path.split("."))


def content_field(call: str) -> str:
    """Return the field with a call's properties; empty for alias, which has none."""
    if call == "alias":
        return ""
    return "traits" if call in {"identify", "group"} else "properties"


def to_json(plan: TrackingPlan) -> dict[str, Any]:
    """Convert a plan to the JSON that a PlanVersion stores."""
    plain: dict[str, Any] = msgspec.to_builtins(plan)
    return plain


def from_json(stored: object) -> TrackingPlan:
    """Convert stored JSON to a plan. Raises msgspec.ValidationError."""
    return msgspec.convert(stored, TrackingPlan)


def mark(plan: TrackingPlan) -> str:
    """Return a digest of a plan: 16 characters.

    Pages carry it, so that people confirm what they were shown.
    """
    encoded = msgspec.json.encode(plan, order="deterministic")
    return blake2b(encoded, digest_size=8).hexdigest()
