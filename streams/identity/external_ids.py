"""External IDs: which identifier of a person each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.identity.identifiers import Identifier, IdentifierKind

if TYPE_CHECKING:
    from streams.identity.inbound.tool_names import ToolNames

_KINDS = {
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
    "anonymous_id": IdentifierKind.ANONYMOUS_ID,
}
ACCOUNTS = "accounts"  # the collection of IDs that aren't those of a person


def external_identifier(
    value: str, kind: object, names: ToolNames, collection: object = None
) -> Identifier | None:
    """Return the identifier that an external ID of this type is; None: of no person.

    Events from Segment, events of the tool and the API all use it, so that a link learned
    from one of them is found by the others. Types are compared without case and outer spaces.
    """
    if not value or not isinstance(kind, str) or collection == ACCOUNTS:
        return None
    text = kind.strip().lower()
    if text in names.types:
        return Identifier(IdentifierKind.TOOL_ID, value)
    if text in _KINDS:
        return Identifier(_KINDS[text], value)
    if not text or text == "user_id" or not text.isprintable():
        return None
    return Identifier(IdentifierKind.EXTERNAL_ID, value, text)
