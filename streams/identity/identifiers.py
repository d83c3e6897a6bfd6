"""Identifiers of a person: the tool's own ID, an email, a phone, or another ID."""

from __future__ import annotations

from typing import TypedDict

import msgspec
from django.db import models
from django.utils.translation import gettext_lazy as _

from streams.base.msgspec_types import prepared

MAX_VALUE = 1_000  # characters
MAX_TYPE = 100  # characters of the type of an external ID
MIN_PHONE, MAX_PHONE = 5, 15  # digits; E.164 allows at most 15


class NoPerson(ValueError):
    """There is neither a userId nor an identifier that can stand for a person."""


class IdentifierKind(models.IntegerChoices):
    """The kind of an identifier. The numbers are stored, and never change."""

    TOOL_ID = 1, _("ID in the tool")
    EMAIL = 2, _("Email")
    PHONE = 3, _("Phone")
    ANONYMOUS_ID = 4, _("anonymousId")
    EXTERNAL_ID = 5, _("External ID")


# For programs: in the API, in uploads, and in the text of which a digest is made.
NAMES = {
    IdentifierKind.TOOL_ID: "id",
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE: "phone",
    IdentifierKind.ANONYMOUS_ID: "anonymousId",
    IdentifierKind.EXTERNAL_ID: "externalId",
}


@prepared
class Identifier(msgspec.Struct, frozen=True):
    """One identifier of a person. Its repr omits the value, because reprs end up in logs."""

    kind: IdentifierKind
    value: str
    type: str = ""  # of an external ID, such as `postbox_id`

    def __repr__(self) -> str:
        return f"Identifier({self.kind.name})"


class NamedPerson(TypedDict):
    """The arguments that name a person in services: a userId or, if it is "", identifiers."""

    user_id: str
    identifiers: list[Identifier]


def normalized(identifier: Identifier) -> str | None:
    """Return the form of the value that is compared; None: it can't identify anyone.

    Emails ignore case and outer spaces. Phones are their digits after a `+`. All other values
    are compared byte for byte.
    """
    value, kind = identifier.value, identifier.kind
    if len(value) > MAX_VALUE or len(identifier.type) > MAX_TYPE:
        return None
    if "\n" in identifier.type or "\0" in identifier.type:
        return None
    if not (is_utf8(value) and is_utf8(identifier.type)):
        return None
    if kind == IdentifierKind.EMAIL:
        return _email(value)
    if kind == IdentifierKind.PHONE:
        return _phone(value)
    return None if stands_for_no_one(value) else value


def stands_for_no_one(value: str) -> bool:
    """Return whether an ID is a placeholder, such as those that Segment's Unify blocks."""
    text = value.strip().lower()
    return text in _PLACEHOLDERS or not text.strip("0-")


def is_utf8(text: str) -> bool:
    """Return whether a text can be encoded; half of a surrogate pair can't."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_PLACEHOLDERS = {"-1", "null", "undefined", "anonymous"}


def _email(value: str) -> str | None:
    text = value.strip().casefold()
    name, _at, domain = text.rpartition("@")
    return text if name and domain else None


def _phone(value: str) -> str | None:
    digits = "".join(str(int(c)) for c in value if c.isdecimal())
    is_number = MIN_PHONE <= len(digits) <= MAX_PHONE and digits.strip("0")
    has_letters = any(c.isalpha() for c in value)
    return f"+{digits}" if is_number and not has_letters else None
