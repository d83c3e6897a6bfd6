"""The event plan of a stream: which events it sends, and what is in them.

Plain values, that read from and write to JSON; nothing here knows a database.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from streams.base.structs import prepared


class PlannedProperty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One property of an event, or one field of its context."""

    # Below `properties` (`traits` of identify and group) or `context`, in the notation
    # of segment/spec.md: `campaign_id`, `traits.email`, `products.$.sku`.
    path: str
    type: str = "string"  # one of TYPES
    required: bool = False
    example: Any = None
    description: str = ""
    sensitive: bool = False  # shown to nobody in samples and docs

    @property
    def example_text(self) -> str:
        """As docs print it; nothing for none, and of what is sensitive."""
        if self.example is None or self.sensitive:
            return ""
        if isinstance(self.example, str):
            return self.example
        return msgspec.json.encode(self.example).decode()


class PlannedEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event that the stream sends."""

    call: str = "track"
    name: str = ""  # of a track event; pages and screens may have one
    when: str = ""  # a sentence: when it is sent
    properties: tuple[PlannedProperty, ...] = ()
    context: tuple[PlannedProperty, ...] = ()

    @property
    def places(self) -> list[tuple[str, PlannedProperty]]:
        """All that is in it, each with its path: `campaign_id`, `context.ip`."""
        context = ((f"context.{one.path}", one) for one in self.context)
        return [*((one.path, one) for one in self.properties), *context]


@prepared
class EventPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All events of a stream, in the order in which its docs list them."""

    events: tuple[PlannedEvent, ...] = ()


TYPES = (
    "string", "number", "integer", "boolean", "date", "object", "array", "any",
)  # fmt: skip
# Where a call has its name; the others have none.
NAME_FIELDS = {"track": "event", "page": "name", "screen": "name"}
EACH = "$"  # in a path: every item of a list


def parts(path: str) -> tuple[str, ...]:
    """A path, taken apart: `products.$.sku` is in `products`, each item, its `sku`."""
    return tuple(path.split("."))


def content_field(call: str) -> str:
    """Where a call has its properties; empty: an alias has none."""
    if call == "alias":
        return ""
    return "traits" if call in {"identify", "group"} else "properties"


def to_json(plan: EventPlan) -> dict[str, Any]:
    """As a PlanVersion stores it."""
    plain: dict[str, Any] = msgspec.to_builtins(plan)
    return plain


def from_json(stored: object) -> EventPlan:
    """Raises msgspec.ValidationError where it is not a plan."""
    return msgspec.convert(stored, EventPlan)


def mark(plan: EventPlan) -> str:
    """16 characters that are the same for the same plan, and for no other.

    A page carries it, so that what somebody saw is what they decide about.
    """
    said = msgspec.json.encode(plan, order="deterministic")
    return blake2b(said, digest_size=8).hexdigest()
