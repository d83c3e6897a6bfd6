"""Scripts that make the sandbox slow, unavailable, rate-limited or faulty.

A script is a list of rules. The first rule that matches a request and has a response left
is used. Without such a rule, the sandbox responds like Segment.

A rule matches by `write_key` (the request's own), `region` (`us`, `eu` or `sandbox`),
`calls` (`events`, the default; `settings` for the settings probe; `token` for requests for
an OAuth token, which have no write key), `only_event` (the request has an event with this
messageId) and `above_per_second` (only requests beyond this number in any sliding second;
those let through are counted). Omitted fields match everything.

The responses of a rule are its `answers`, one after the other, and then `then`: `"normal"`
(the default: no more responses), `"repeat"` (from the start again), or a response for all
further requests.

A response is a status or an object. `status`, `headers` (null removes a header) and `body`
(text) set its content; omitted ones are like Segment's. A 429 has `Retry-After` and
`X-RateLimit-Reset` with a default of 1 second. `delay_s` waits before anything else. Use at
most one of these:

    drip_s            send the response byte by byte over this time
    hang_in_answer_s  send half of the response, send nothing for this time, then close
    hang_s            send nothing for this time, then close without a response
    close             close immediately without a response
    reset             the same, with a TCP reset

`take` sets whether the events are accepted. By default, they are if a 2xx response is sent
in full or in part, and they are not without a response. `{"close": true, "take": true}`
simulates a lost response.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from streams.base.msgspec_types import prepared
from streams.sandbox.segment.sources import Region  # noqa: TC001 - msgspec reads it at run time

Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Status = Annotated[int, msgspec.Meta(ge=200, le=599)]
Calls = Literal["events", "settings", "token"]

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_FRAMING = {"connection", "content-length", "transfer-encoding"}


class ScriptedResponse(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A scripted response. An empty one is Segment's own response."""

    status: Status | None = None
    headers: dict[str, str | None] = {}
    body: str | None = None
    delay_s: Seconds = 0
    drip_s: Seconds | None = None
    hang_in_answer_s: Seconds | None = None
    hang_s: Seconds | None = None
    close: bool = False
    reset: bool = False
    take: bool | None = None

    def __post_init__(self) -> None:
        for name, value in self.headers.items():
            if name.lower() in _FRAMING or not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"the header {name!r} cannot be set")
            if not _HEADER_VALUE.fullmatch(value or ""):
                raise ValueError(f"the header {name!r} has a value that cannot be sent")
        if len(self._manners()) > 1:
            manners = " and ".join(self._manners())
            raise ValueError(f"{manners} exclude each other")

    @property
    def is_sent(self) -> bool:
        """Whether the client receives any part of a response."""
        return not (self.reset or self.close or self.hang_s is not None)

    @property
    def takes_events(self) -> bool:
        """Whether the events of a valid request are accepted."""
        if self.take is not None:
            return self.take
        return self.is_sent and (self.status is None or self.status < 300)

    def _manners(self) -> list[str]:
        manners = {
            "drip_s": self.drip_s is not None,
            "hang_in_answer_s": self.hang_in_answer_s is not None,
            "hang_s": self.hang_s is not None,
            "close": self.close,
            "reset": self.reset,
        }
        return [name for name, is_set in manners.items() if is_set]


class Rule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A rule: which requests it matches, and its responses."""

    calls: Calls = "events"
    write_key: str | None = None
    region: Region | None = None
    only_event: str | None = None
    above_per_second: Annotated[int, msgspec.Meta(ge=0)] | None = None
    answers: list[Status | ScriptedResponse] = []
    then: Literal["normal", "repeat"] | Status | ScriptedResponse = "normal"

    def __post_init__(self) -> None:
        if not self.answers and isinstance(self.then, str):
            raise ValueError("a rule needs `answers`, or a response in `then`")


@prepared
class Script(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The rules, in the order in which they are applied."""

    rules: list[Rule] = []
