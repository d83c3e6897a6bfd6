"""Scripts that make the sandbox slow, dead, rate-limiting or wrong.

A script is a list of rules. The first rule that matches a request and has something to say
answers it; where none does, the sandbox answers as Segment does.

A rule matches by `write_key` (the request's own), `region` (`us`, `eu`, `sandbox`), `calls`
(`events`, the default, or `settings` for the settings probe), `only_event` (the request
holds an event with this messageId) and `above_per_second` (only what comes beyond so many
requests in any sliding second; those let through are counted). What is left out matches all.
`token` is the third kind of `calls`: requests for an OAuth token, which have no write key.

It says `answers` one after the other, and `then`: `"normal"` (the default: it has no more to
say), `"repeat"` (from the start again), or an answer given for ever.

An answer is a status, or an object. It says what is answered: `status`, `headers` (a null
takes one away), `body` (text); each left out is as Segment would have it. A 429 carries
`Retry-After` and `X-RateLimit-Reset`, 1 second unless told. And how: `delay_s` waits first,
whatever follows; then at most one of

    drip_s            the answer, byte by byte, over so long
    hang_in_answer_s  half the answer, then silence for so long, then the end
    hang_s            silence for so long, then the end, without an answer
    close             the end at once, without an answer
    reset             the same, by a TCP reset

`take` says whether the events are taken. Unless told, they are where a 2xx status is sent
whole or in part, and not where there is no answer. `{"close": true, "take": true}` is
the answer that gets lost.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from streams.base.structs import prepared
from streams.sandbox.sources import Region  # noqa: TC001 - msgspec reads it at run time

Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Status = Annotated[int, msgspec.Meta(ge=200, le=599)]
Calls = Literal["events", "settings", "token"]

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_FRAMING = {"connection", "content-length", "transfer-encoding"}


class Answer(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One scripted answer; the empty one is what Segment answers."""

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
        """Whether any of an answer reaches the caller."""
        return not (self.reset or self.close or self.hang_s is not None)

    @property
    def takes_events(self) -> bool:
        """Whether the events of a sound request are taken."""
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
    """Which requests are answered otherwise, and how."""

    calls: Calls = "events"
    write_key: str | None = None
    region: Region | None = None
    only_event: str | None = None
    above_per_second: Annotated[int, msgspec.Meta(ge=0)] | None = None
    answers: list[Status | Answer] = []
    then: Literal["normal", "repeat"] | Status | Answer = "normal"

    def __post_init__(self) -> None:
        if not self.answers and isinstance(self.then, str):
            raise ValueError("a rule needs `answers`, or an answer as its `then`")


@prepared
class Script(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The rules, in the order in which they are asked."""

    rules: list[Rule] = []
