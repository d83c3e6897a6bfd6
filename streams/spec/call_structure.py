"""Check the structure of the six calls of the Segment Spec.

All rules here are errors: Segment responds to such events with 200 and silently drops them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.spec.consent import consent_issue
from streams.spec.rules import RULES
from streams.spec.timestamps import parse_time

if TYPE_CHECKING:
    from streams.spec.issues import Issue

MAX_MESSAGE_ID = 100  # characters


@dataclass(frozen=True, slots=True)
class Call:
    """One of the six calls, with its fields beyond the common ones."""

    name: str
    id: str = ""  # required in addition to a user's
    text: str = ""  # required
    optional_texts: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()

    # Including the common ones.
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
        """The one-letter form that browser libraries use in the path."""
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

# Paths after /v1/ that accept one event, and those that accept several.
CALL_PATHS: dict[str, str] = {
    path: call.name for call in CALLS.values() for path in (call.name, call.letter)
}
BATCH_PATHS = frozenset({"batch", "b", "import"})

_TYPES = ", ".join(CALLS)


def structure_issues(
    event: Mapping[str, Any], *, allow_anonymous: bool = False
) -> list[Issue]:
    """Find the issues with the structure of a decoded event."""
    # All functions append to one list: this runs for every event, and generators would
    # double its cost.
    issues: list[Issue] = []
    kind = event.get("type")
    call = CALLS.get(kind) if type(kind) is str else None
    if call is None:
        issues.append(_unknown_type(kind))
        return issues
    _check_ids(event, call, issues, allow_anonymous=allow_anonymous)
    _check_texts(event, call, issues)
    for path in call.all_objects:
        value = event.get(path)
        if value is not None and type(value) is not dict:
            issues.append(_not_an_object(path, value))
    context = event.get("context")
    if (
        type(context) is dict
        and "consent" in context
        and (issue := consent_issue(context)) is not None
    ):
        issues.append(issue)
    value = event.get("messageId")
    if value is not None and (
        type(value) is not str or not value or len(value) > MAX_MESSAGE_ID
    ):
        issues.append(_NOT_A_MESSAGE_ID)
    value = event.get("timestamp")
    if value is not None and (type(value) is not str or parse_time(value) is None):
        issues.append(_NOT_A_TIME)
    return issues


def _check_ids(
    event: Mapping[str, Any], call: Call, issues: list[Issue], *, allow_anonymous: bool
) -> None:
    for path in call.all_ids:
        value = event.get(path)
        if value is None:
            continue
        if type(value) is not str:
            issues.append(_id_not_text(path, value))
        elif not value or value.isspace():
            issues.append(_empty_id(path))
    if event.get("userId") is None:
        if call.name == "alias":
            issues.append(_NO_USER_ID_IN_ALIAS)
        elif not allow_anonymous:
            anonymous = event.get("anonymousId") is not None
            issues.append(_ANONYMOUS_ALONE if anonymous else _NO_USER_ID)
        elif event.get("anonymousId") is None:
            issues.append(_NO_ID)
    if call.id and event.get(call.id) is None:
        issues.append(_missing_id(call))


def _check_texts(event: Mapping[str, Any], call: Call, issues: list[Issue]) -> None:
    if call.text:
        value = event.get(call.text)
        if value is None:
            issues.append(_NO_EVENT_NAME)
        elif type(value) is not str or not value or value.isspace():
            issues.append(
                _not_a_name(call.text, 'Send a name, such as "Email Opened".')
            )
    for path in call.optional_texts:
        value = event.get(path)
        if value is not None and type(value) is not str:
            issues.append(_not_a_name(path, f"Send {path} as a string, or omit it."))


def _unknown_type(value: object) -> Issue:
    if value is None:
        message = "The event has no type."
    else:
        message = "The event's type is not one of Segment's calls."
    return RULES["SPEC-TYPE-001"].issue(
        "type", message, f"Set type to one of: {_TYPES}."
    )


def _id_not_text(path: str, value: object) -> Issue:
    fix = f"Send {path} as a string."
    if type(value) is int and abs(value) < 10**20:
        fix = f'Send it as a string: "{path}": "{value}".'
    return RULES["SPEC-ID-002"].issue(
        path, f"{path} is not a string. Segment drops such events.", fix
    )


def _empty_id(path: str) -> Issue:
    return RULES["SPEC-ID-003"].issue(
        path,
        f"{path} is empty.",
        "Send the customer's own ID, or omit the field.",
    )


def _missing_id(call: Call) -> Issue:
    rule, message = _WITHOUT[call.id]
    return RULES[rule].issue(
        call.id, message, f"Send a {call.id} in every {call.name} call."
    )


# The rule and message about each missing ID.
_WITHOUT = {
    "groupId": ("SPEC-ID-004", "groupId is missing."),
    "previousId": (
        "SPEC-ID-005",
        "previousId is missing. It is optional in the Alias Spec, but required by the HTTP API.",
    ),
}


def _not_a_name(path: str, fix: str) -> Issue:
    return RULES["SPEC-NAME-002"].issue(path, f"{path} is empty or not a string.", fix)


def _not_an_object(path: str, value: object) -> Issue:
    kind = "an array" if isinstance(value, list) else "a single value"
    return RULES["SPEC-OBJECT-001"].issue(
        path,
        f"{path} is {kind}, not an object.",
        f'Send {path} as an object, such as {{"key": "value"}}, or omit it.',
    )


_NO_USER_ID = RULES["SPEC-ID-001"].issue(
    "userId",
    "userId is missing.",
    "Send the user ID from your customer's database.",
)
_SETTING = "“Accept events with only an anonymousId”"
_ANONYMOUS_ALONE = RULES["SPEC-ID-001"].issue(
    "userId",
    "userId is missing, and the stream doesn't accept events with only an anonymousId.",
    "Send the user ID from your customer's database, or ask an admin of the partner to turn on"
    f" {_SETTING} in the stream's settings.",
)
_NO_USER_ID_IN_ALIAS = RULES["SPEC-ID-001"].issue(
    "userId",
    "userId is missing. An alias call always needs one.",
    "Send the new ID as userId and the old one as previousId. The stream's setting"
    f" {_SETTING} doesn't apply to alias calls.",
)
_NO_ID = RULES["SPEC-ID-001"].issue(
    "userId",
    "userId and anonymousId are both missing.",
    "Send a userId, or an anonymousId for an unknown person.",
)
_NO_EVENT_NAME = RULES["SPEC-NAME-001"].issue(
    "event",
    "The event name is missing.",
    'Send the name in "event", such as "Email Opened".',
)
_NOT_A_MESSAGE_ID = RULES["SPEC-MESSAGE-001"].issue(
    "messageId",
    f"messageId is not a string of 1 to {MAX_MESSAGE_ID} characters.",
    "Send a UUID as a string, or omit messageId.",
)
_NOT_A_TIME = RULES["SPEC-TIME-001"].issue(
    "timestamp",
    "timestamp is not a date or time in RFC 3339 format. Segment drops it.",
    'Send it in a format such as "2026-11-23T10:00:00.000Z", or omit it.',
)
