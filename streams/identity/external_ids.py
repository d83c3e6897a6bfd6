"""People as partners send them, and which identifier of a person each external ID is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from streams.base.msgspec_types import prepared
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import MOST_OF_PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.identity.inbound.tool_names import ToolNames

_KINDS = {
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
    "anonymous_id": IdentifierKind.ANONYMOUS_ID,
}
# Of a person. The four other kinds of identifiers are fields of the person.
MOST_EXTERNAL_IDS = MOST_OF_PERSON - 4
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


@prepared
class ExternalId(msgspec.Struct, frozen=True):
    """An ID of a person in another system."""

    id: str
    type: str = ""


@prepared
class PersonItem(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """One person. `user_id` has any type, because it may be refused with a reason."""

    user_id: object = None
    id: str | None = None
    email: str | None = None
    phone: str | None = None
    anonymous_id: str | None = None
    external_ids: Annotated[
        list[ExternalId], msgspec.Meta(max_length=MOST_EXTERNAL_IDS)
    ] = []

    def identifiers(self, names: ToolNames) -> Iterator[Identifier]:
        """Yield the identifiers that can be those of a person."""
        single = (
            (IdentifierKind.TOOL_ID, self.id),
            (IdentifierKind.EMAIL, self.email),
            (IdentifierKind.PHONE, self.phone),
            (IdentifierKind.ANONYMOUS_ID, self.anonymous_id),
        )
        yield from (Identifier(kind, value) for kind, value in single if value)
        for one in self.external_ids:
            if found := external_identifier(one.id, one.type, names):
                yield found
