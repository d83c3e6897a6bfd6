"""The six calls of the Segment Spec, and what each must look like to be taken.

Structure only, that is what Segment answers 200 to and then drops without a word.
Every rule here is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.spec.rules import RULES
from streams.spec.times import parse_time

if TYPE_CHECKING:
    from streams.spec.findings import Finding

MAX_MESSAGE_ID = 100  # characters


@dataclass(frozen=True, slots=True)
class Call:
    """One of the six, and what it has beside the fields that are common to all."""

    name: str
    id: str = ""  # required beside a user's
    text: str = ""  # required
    optional_texts: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()

    # With the common ones.
    all_ids: tuple[str, ...] = field(init=False)
    all_objects: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        ids = ("userId", "anonymousId", *([self.id] if self.id else []))
        object.__setattr__(self, "all_ids", ids)
        object.__setattr__(
            self, "all_objects", (*self.objects, "context", "integrations")
        )

    @property
    def letter(self) -> str:
        """The one-letter form that browsers' libraries use in the path."""
        return self.name[0]


CALLS: dict[str, Call] = {
    call.name: call
    for call in (
        Call("identify", objects=("traits",)),
        Call("track", text="event", objects=("properties",)),
        Call("page", optional_texts=("name", "category"), objects=("properties",)),
        Call("screen", optional_texts=("name", "category"), objects=("properties",)),
        Call("group", id="groupId", objects=("traits",)),
        Call("alias", id="previousId"),
    )
}

# What may stand after /v1/ and is one event; `batch` and its kin are several.
CALL_PATHS: dict[str, str] = {
    path: call.name for call in CALLS.values() for path in (call.name, call.letter)
}
BATCH_PATHS = frozenset({"batch", "b", "import"})

_TYPES = ", ".join(CALLS)


def problems(
    event: Mapping[str, Any], *, allow_anonymous: bool = False
) -> list[Finding]:
    """What is wrong with the structure of a decoded event, gravest first."""
    # One list that all add to: this is asked of every event, and generators cost as much
    # as what they are asked.
    found: list[Finding] = []
    kind = event.get("type")
    call = CALLS.get(kind) if type(kind) is str else None
    if call is None:
        found.append(_unknown_type(kind))
        return found
    _look_at_ids(event, call, found, allow_anonymous=allow_anonymous)
    _look_at_texts(event, call, found)
    for path in call.all_objects:
        value = event.get(path)
        if value is not None and type(value) is not dict:
            found.append(_not_an_object(path, value))
    value = event.get("messageId")
    if value is not None and (
        type(value) is not str or not value or len(value) > MAX_MESSAGE_ID
    ):
        found.append(_NOT_A_MESSAGE_ID)
    value = event.get("timestamp")
    if value is not None and (type(value) is not str or parse_time(value) is None):
        found.append(_NOT_A_TIME)
    return found


def _look_at_ids(
    event: Mapping[str, Any], call: Call, found: list[Finding], *, allow_anonymous: bool
) -> None:
    for path in call.all_ids:
        value = event.get(path)
        if value is None:
            continue
        if type(value) is not str:
            found.append(_id_not_text(path, value))
        elif not value or value.isspace():
            found.append(_empty_id(path))
    if event.get("userId") is None:
        if call.name == "alias":
            found.append(_NO_USER_ID_IN_ALIAS)
        elif not allow_anonymous:
            anonymous = event.get("anonymousId") is not None
            found.append(_ANONYMOUS_ALONE if anonymous else _NO_USER_ID)
        elif event.get("anonymousId") is None:
            found.append(_NO_ID)
    if call.id and event.get(call.id) is None:
        found.append(_missing_id(call))


def _look_at_texts(event: Mapping[str, Any], call: Call, found: list[Finding]) -> None:
    if call.text:
        value = event.get(call.text)
        if value is None:
            found.append(_NO_EVENT_NAME)
        elif type(value) is not str or not value or value.isspace():
            found.append(
                _not_a_name(call.text, 'Give the event a name, as "Email Opened".')
            )
    for path in call.optional_texts:
        value = event.get(path)
        if value is not None and type(value) is not str:
            found.append(_not_a_name(path, f"Send {path} as text, or leave it out."))


def _unknown_type(value: object) -> Finding:
    if value is None:
        message = "The event does not say which call it is."
    else:
        message = "The event's type is none of Segment's calls."
    return RULES["SPEC-TYPE-001"].finding(
        "type", message, f"Set type to one of {_TYPES}."
    )


def _id_not_text(path: str, value: object) -> Finding:
    fix = f"Send {path} as text."
    if type(value) is int and abs(value) < 10**20:
        fix = f'Send it as text: "{path}": "{value}".'
    return RULES["SPEC-ID-002"].finding(
        path, f"{path} is not a text; Segment drops such events.", fix
    )


def _empty_id(path: str) -> Finding:
    return RULES["SPEC-ID-003"].finding(
        path,
        f"{path} is empty.",
        "Send the customer's own id for it, or leave the field out.",
    )


def _missing_id(call: Call) -> Finding:
    rule, though = _WITHOUT[call.id]
    return RULES[rule].finding(
        call.id,
        f"{call.id} is missing{though}.",
        f"Every {call.name} call needs a {call.id}.",
    )


# The rule, and where Segment's docs disagree on it.
_WITHOUT = {
    "groupId": ("SPEC-ID-004", ""),
    "previousId": (
        "SPEC-ID-005",
        ", which the HTTP API requires, though the Alias Spec calls it optional",
    ),
}


def _not_a_name(path: str, fix: str) -> Finding:
    return RULES["SPEC-NAME-002"].finding(path, f"{path} is empty or not a text.", fix)


def _not_an_object(path: str, value: object) -> Finding:
    kind = "a list" if isinstance(value, list) else "a single value"
    return RULES["SPEC-OBJECT-001"].finding(
        path,
        f"{path} is {kind}, not an object.",
        f'Send {path} as an object, {{"key": "value"}}, or leave it out.',
    )


_NO_USER_ID = RULES["SPEC-ID-001"].finding(
    "userId",
    "userId is missing.",
    "Send the id that your customer's own database has for the person.",
)
_SETTING = "“Take events without a userId”"
_ANONYMOUS_ALONE = RULES["SPEC-ID-001"].finding(
    "userId",
    "userId is missing, and the stream does not take events with an anonymousId alone.",
    "Send the id that your customer's own database has for the person, or have an admin"
    f" of the partner turn on {_SETTING} in the stream's settings.",
)
_NO_USER_ID_IN_ALIAS = RULES["SPEC-ID-001"].finding(
    "userId",
    "userId is missing; an alias call always needs one.",
    "Send the new id as userId, and the old one as previousId. The stream's setting"
    f" {_SETTING} does not change this.",
)
_NO_ID = RULES["SPEC-ID-001"].finding(
    "userId",
    "userId and anonymousId are both missing.",
    "Send a userId, or an anonymousId for a person who is not known yet.",
)
_NO_EVENT_NAME = RULES["SPEC-NAME-001"].finding(
    "event",
    "The event's name is missing.",
    'Say what happened in "event", as "Email Opened".',
)
_NOT_A_MESSAGE_ID = RULES["SPEC-MESSAGE-001"].finding(
    "messageId",
    f"messageId is not a text of 1 to {MAX_MESSAGE_ID} characters.",
    "Send a UUID as text, or leave messageId out.",
)
_NOT_A_TIME = RULES["SPEC-TIME-001"].finding(
    "timestamp",
    "Segment drops this timestamp: it is not a date or time as in RFC 3339.",
    'Send it as "2026-11-23T10:00:00.000Z", or leave it out.',
)
