"""Which userIds can't be a person's, as Segment's Unify and billing would see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from streams.identity.identifiers import (
    IdentifierKind,
    is_utf8,
    stands_for_no_one,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_stubs_ext import StrOrPromise

    from streams.identity.identifiers import Identifier

MAX_USER_ID = 200  # characters, as in the log of events


@dataclass(frozen=True, slots=True)
class UserIdProblem:
    """The reason why a userId is not linked, for people and for programs."""

    rule: str  # never changes once published, because programs depend on it
    message: StrOrPromise
    fix: StrOrPromise


NULL = UserIdProblem(
    "IDENTITY-NULL",
    _("The userId is null."),
    _("Leave out people who have no userId yet."),
)
NOT_TEXT = UserIdProblem(
    "IDENTITY-TYPE",
    _("The userId is not a string."),
    _("Send the userId as a string, exactly as Segment has it."),
)
EMPTY = UserIdProblem(
    "IDENTITY-EMPTY",
    _("The userId is empty."),
    _("Leave out people who have no userId yet."),
)
TOO_LONG = UserIdProblem(
    "IDENTITY-LENGTH",
    _("The userId has more than 200 characters."),
    _("Use the customer's database ID or a UUID as the userId."),
)
UNSTORABLE = UserIdProblem(
    "IDENTITY-CHARACTERS",
    _("The userId has a NUL character or half of a surrogate pair."),
    _("Send the userId as valid Unicode text without NUL."),
)
PLACEHOLDER = UserIdProblem(
    "IDENTITY-PLACEHOLDER",
    _("The userId is a placeholder, such as null, anonymous, -1 or only zeroes."),
    _("Leave out people who have no userId yet."),
)
TOOL_ID = UserIdProblem(
    "IDENTITY-TOOL-ID",
    _("The userId is the person's ID in the tool."),
    _(
        "Use the customer's own ID as the userId, and send the tool's ID in the context."
    ),
)
NO_IDENTIFIER = UserIdProblem(
    "IDENTITY-NO-IDENTIFIER",
    _("There is no identifier that can be linked to the userId."),
    _("Send at least one email, phone, anonymousId, external ID or ID in the tool."),
)


def problem(
    user_id: object, identifiers: Iterable[Identifier] = ()
) -> UserIdProblem | None:
    """Return why a userId can't be that of a person with these identifiers, or None."""
    if user_id is None:
        return NULL
    if not isinstance(user_id, str):
        return NOT_TEXT
    if not user_id.strip():
        return EMPTY
    if len(user_id) > MAX_USER_ID:
        return TOO_LONG
    if "\0" in user_id or not is_utf8(user_id):
        return UNSTORABLE
    if stands_for_no_one(user_id):
        return PLACEHOLDER
    own = (i.value for i in identifiers if i.kind == IdentifierKind.TOOL_ID)
    return TOOL_ID if user_id in own else None
