"""A running script: chooses the response to each request."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.sandbox.faults.scripts import Calls, Rule, Script, ScriptedResponse
from streams.sandbox.faults.sliding_window import SlidingSecond

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.sandbox.segment.sources import Region
    from streams.sandbox.segment.tracking_api import Event


class ScriptRequest(NamedTuple):
    """The parts of a request that rules can match."""

    calls: Calls
    write_key: str
    region: Region
    events: Sequence[Event]
    now_ns: int


NORMAL = ScriptedResponse()


class RunningScript:
    """A running script. It remembers the responses that each rule has given."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self._rules = [_RunningRule(rule) for rule in script.rules]

    def response_to(self, request: ScriptRequest) -> ScriptedResponse:
        """Choose the response to a request, and count the request."""
        for rule in self._rules:
            scripted = rule.response_to(request)
            if scripted is not None:
                return scripted
        return NORMAL


class _RunningRule:
    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._given = 0
        self._let_through = SlidingSecond()

    def response_to(self, request: ScriptRequest) -> ScriptedResponse | None:
        if not self._matches(request) or self._lets_through(request.now_ns):
            return None
        scripted = self._next()
        return (
            ScriptedResponse(status=scripted) if isinstance(scripted, int) else scripted
        )

    def _matches(self, request: ScriptRequest) -> bool:
        rule = self._rule
        return (
            rule.calls == request.calls
            and rule.write_key in {None, request.write_key}
            and rule.region in {None, request.region}
            and (rule.only_event is None or self._is_held_by(request.events))
        )

    def _is_held_by(self, events: Sequence[Event]) -> bool:
        return any(event.message_id == self._rule.only_event for event in events)

    def _lets_through(self, now_ns: int) -> bool:
        limit = self._rule.above_per_second
        if limit is None or self._let_through.count(now_ns) >= limit:
            return False
        self._let_through.add(now_ns)
        return True

    def _next(self) -> int | ScriptedResponse | None:
        responses, then = self._rule.answers, self._rule.then
        position = self._given
        self._given += 1
        if position < len(responses):
            return responses[position]
        if then == "repeat":
            return responses[position % len(responses)]
        return None if isinstance(then, str) else then
