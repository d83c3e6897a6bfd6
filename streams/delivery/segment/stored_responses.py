"""The meaning of stored responses of Segment, for people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import msgspec

from streams.base.msgspec_types import prepared

# As store_outcome.py stores it: a sentence, then the body of the response.
REJECTION = re.compile(r"Segment returned (?P<status>\d{3})\.(?P<body>.*)", re.DOTALL)
CUT_MESSAGE = re.compile(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)')


@prepared
class _ErrorBody(msgspec.Struct):
    """The body of an error. Segment does not document it."""

    message: str = ""
    error: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class StoredRejection:
    """A response that rejected an event, from the stored reason."""

    status: str  # "400"; empty: the reason is another text, which is the message
    message: str

    @classmethod
    def of(cls, reason: str) -> Self:
        """Take a reason apart; it may be cut anywhere."""
        found = REJECTION.fullmatch(reason)
        if found is None:
            return cls("", reason.strip())
        return cls(found["status"], message_in(found["body"]).rstrip("."))


def message_in(body: str) -> str:
    """Return what the body of an error says, or else the body. It may be cut anywhere."""
    body = body.strip()
    try:
        said = msgspec.json.decode(body, type=_ErrorBody)
    except msgspec.DecodeError:
        cut = CUT_MESSAGE.search(body)
        return cut[1] if cut else body
    return said.message or said.error or said.code or body
