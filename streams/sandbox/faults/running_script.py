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
        self._rules = [_RuleUnderWay(rule) for rule in script.rules]

    def answer(self, question: ScriptRequest) -> ScriptedResponse:
        """Choose the response to a request, and count the request."""
        for rule in self._rules:
            answer = rule.answer(question)
            if answer is not None:
                return answer
        return NORMAL


class _RuleUnderWay:
    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._given = 0
        self._let_through = SlidingSecond()

    def answer(self, question: ScriptRequest) -> ScriptedResponse | None:
        if not self._matches(question) or self._lets_through(question.now_ns):
            return None
        said = self._next()
        return ScriptedResponse(status=said) if isinstance(said, int) else said

    def _matches(self, question: ScriptRequest) -> bool:
        rule = self._rule
        return (
            rule.calls == question.calls
            and rule.write_key in {None, question.write_key}
            and rule.region in {None, question.region}
            and (rule.only_event is None or self._is_held_by(question.events))
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
        answers, then = self._rule.answers, self._rule.then
        position = self._given
        self._given += 1
        if position < len(answers):
            return answers[position]
        if then == "repeat":
            return answers[position % len(answers)]
        return None if isinstance(then, str) else then
