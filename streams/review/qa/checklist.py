"""The QA checklist: what Segment will look at, told from what was seen.

Nobody ticks a line. Each says why it stands as it does, and names what shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from streams.connections.regions import Region
from streams.delivery.batching import MAX_BODY_BYTES, MAX_EVENTS
from streams.review.qa.facts import Facts, Page, SeenError, SeenEvent, SentRequest
from streams.review.qa.rate import busiest_second
from streams.review.qa.walk import WALKS, by_plan, furthest, walk, went_astray

MOST_LINKS = 5  # to the evidence of one line
MOST_NAMES = 5  # in one sentence
REQUESTS_PER_SECOND = 50  # Segment grants a tool no more without asking (partner.md, 2)
SIDES = {
    "US": frozenset({Region.US, Region.SANDBOX}),
    "Europe": frozenset({Region.EU, Region.SANDBOX_EU}),
}


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNSEEN = "unseen"  # not seen yet: nothing is wrong so far

    @property
    def label(self) -> str:
        words = {"passed": "Passed", "failed": "Failed", "unseen": "Not seen yet"}
        return words[self.value]


type Proof = SeenEvent | SentRequest | SeenError | Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that is looked at."""

    name: str  # never changes
    title: str
    state: State
    why: str  # one sentence, or two
    evidence: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    lines: tuple[Line, ...]
    is_cut: bool = False  # only the newest events and requests were looked at

    @property
    def complete(self) -> bool:
        return all(line.state is State.PASSED for line in self.lines)

    @property
    def passed(self) -> int:
        return sum(line.state is State.PASSED for line in self.lines)

    @property
    def open(self) -> tuple[Line, ...]:
        """What is still missing, or wrong."""
        return tuple(line for line in self.lines if line.state is not State.PASSED)


def check(facts: Facts) -> Checklist:
    """All lines, in the order in which one meets them."""
    lines = (
        _planned(facts),
        _walk(facts),
        _user_id(facts),
        _integration(facts),
        _rules(facts),
        _key(facts),
        _rate(facts),
        _batches(facts),
        _regions(facts),
        _pages(facts),
    )
    return Checklist(lines=lines, is_cut=facts.is_cut)


def _planned(facts: Facts) -> Line:
    title = "Every planned event was seen, with every property it requires"
    if facts.plan is None or not facts.plan.events:
        return _unseen("planned", title, "No plan is published yet.")
    wanted = {(one.call, one.name): one.name or one.call for one in facts.plan.events}
    came = [
        (key, one) for key, one in by_plan(facts.plan, facts.events) if key in wanted
    ]
    whole = {key: one for key, one in came if one.is_complete}  # the newest of each
    partly = {key: one for key, one in came if key not in whole}
    seen = {key: whole[key] for key in wanted if key in whole}
    there = whole.keys() | partly.keys()
    missing = [name for key, name in wanted.items() if key not in there]
    if partly:
        names = _names(wanted[key] for key in partly)
        why = f"A property that the plan requires is missing in {names}."
        return _failed("planned", title, why, partly.values())
    if missing:
        why = f"{len(seen)} of {len(wanted)} seen. Still missing: {_names(missing)}."
        return _unseen("planned", title, why, seen.values())
    why = f"All {_count(len(wanted), 'event')} of the plan were seen whole."
    return _passed("planned", title, why, seen.values())


def _walk(facts: Facts) -> Line:
    steps = walk(facts.plan) if facts.plan else ()
    keys = [(step.call, step.name) for step in steps]
    names = [step.name or step.call for step in steps]
    is_segments = tuple(names) in WALKS
    title = (
        "One person went Segment’s own walk: delivered, opened, clicked, unsubscribed"
        if is_segments
        else "One person went through the events of the plan, in their order"
    )
    if not steps:
        return _unseen("walk", title, "No plan is published yet.")
    events = by_plan(facts.plan, facts.events) if facts.plan else []
    way = furthest(keys, events)
    if len(way) == len(steps):
        why = f"{_names(names)}: seen in this order, of one person in one workspace."
        return _passed("walk", title, why, way)
    if went_astray(keys, events):
        why = f"All were seen of one person, but not in this order: {_names(names)}."
        return _failed("walk", title, why, way)
    why = f"{len(way)} of {len(steps)} seen in order; next comes {names[len(way)]}."
    return _unseen("walk", title, why, way)


def _user_id(facts: Facts) -> Line:
    name, title = "user-id", "A userId on each call, and not your tool’s own id"
    if refused := [error for error in facts.errors if error.is_of_user_id]:
        return _failed(name, title, _at_ingest(refused), refused)
    if not facts.events:
        return _no_events(name, title)
    if wrong := [event for event in facts.events if event.doubt]:
        why = f"{_of(wrong, facts.events)} {_has(wrong)} {wrong[-1].doubt}."
        return _failed(name, title, why, wrong[::-1])
    why = (
        f"All {_count(len(facts.events), 'call')} have one, and none is an e-mail address,"
        " the anonymousId, or what the context has as your tool’s own id."
        " Whether it is your customer’s own id, or one got from Segment, only you can see."
    )
    return _passed(name, title, why, facts.events[::-1])


def _integration(facts: Facts) -> Line:
    name = "integration"
    title = "context.integration names the stream and its version on each call"
    if not facts.events:
        return _no_events(name, title)
    if wrong := [event for event in facts.events if not event.says_where_from]:
        why = (
            f"{_of(wrong, facts.events)} {_has(wrong)} another name or version than the"
            " stream has now. After a change of version, run the test again."
        )
        return _failed(name, title, why, wrong[::-1])
    why = f"All {_count(len(facts.events), 'call')} say {facts.slug}. The portal stamps it."
    return _passed(name, title, why, facts.events[::-1])


def _rules(facts: Facts) -> Line:
    name, title = "rules", "No event breaks the Segment Spec or the plan"
    if wrong := [event for event in facts.events if event.error]:
        last = wrong[-1]
        why = f"{_of(wrong, facts.events)} {_has(wrong)} an error. {last.title}: {last.error}"
        return _failed(name, title, why, wrong[::-1])
    if facts.errors:
        return _failed(name, title, _at_ingest(facts.errors), facts.errors)
    if not facts.events:
        return _no_events(name, title)
    why = f"{_count(len(facts.events), 'event')} checked, without an error."
    return _passed(name, title, why, facts.events[::-1])


def _key(facts: Facts) -> Line:
    name, title = "key", "The write key is in the header of every request"
    delivered = _delivered(facts)
    if not delivered:
        return _no_requests(name, title)
    why = (
        "The portal sends it so and in no other way: that is how it is built. What shows it"
        f" is that {_count(len(delivered), 'request')} passed."
    )
    return _passed(name, title, why, delivered[::-1])


def _rate(facts: Facts) -> Line:
    name, title = "rate", f"At most {REQUESTS_PER_SECOND} requests in any second"
    if not facts.requests:
        return _no_requests(name, title)
    busiest = busiest_second(facts.requests)
    why = (
        f"At most {len(busiest)} may have arrived within one second, counting each that was"
        " under way."
    )
    make = _passed if len(busiest) <= REQUESTS_PER_SECOND else _failed
    return make(name, title, why, busiest)


def _batches(facts: Facts) -> Line:
    name = "batches"
    title = (
        f"At most {MAX_EVENTS:,} events and {MAX_BODY_BYTES // 1000} KB in a request"
    )
    if not facts.requests:
        return _no_requests(name, title)
    most = max(facts.requests, key=lambda one: one.events)
    largest = max(facts.requests, key=lambda one: one.body_bytes)
    why = (
        f"The most events were {most.events:,}; the largest request had"
        f" {largest.body_bytes / 1000:,.1f} KB."
    )
    fits = most.events <= MAX_EVENTS and largest.body_bytes <= MAX_BODY_BYTES
    evidence = dict.fromkeys((most, largest))
    return (_passed if fits else _failed)(name, title, why, evidence)


def _regions(facts: Facts) -> Line:
    name, title = "regions", "Both regions took events: United States and Europe"
    last = {
        side: request
        for request in _delivered(facts)
        for side, regions in SIDES.items()
        if request.region in regions
    }
    if missing := [side for side in SIDES if side not in last]:
        why = f"Nothing was delivered yet to {' and '.join(missing)}."
        return _unseen(name, title, why, last.values())
    where = " and ".join(Region(last[side].region).label for side in SIDES)
    return _passed(name, title, f"Delivered to {where}.", last.values())


def _pages(facts: Facts) -> Line:
    name, title = "pages", "Both docs pages are published"
    published = [page for page in facts.pages if page.version]
    if missing := [page.label for page in facts.pages if not page.version]:
        why = f"Not published yet: {_names(missing)}."
        return _unseen(name, title, why, facts.pages)
    versions = [f"{page.label} in version {page.version}" for page in published]
    return _passed(name, title, f"{_names(versions)}.", published)


def _delivered(facts: Facts) -> list[SentRequest]:
    return [request for request in facts.requests if request.was_delivered]


def _line(
    state: State, name: str, title: str, why: str, evidence: Iterable[Proof]
) -> Line:
    shown = tuple(evidence)[:MOST_LINKS]
    return Line(name=name, title=title, state=state, why=why, evidence=shown)


def _passed(name: str, title: str, why: str, evidence: Iterable[Proof] = ()) -> Line:
    return _line(State.PASSED, name, title, why, evidence)


def _failed(name: str, title: str, why: str, evidence: Iterable[Proof] = ()) -> Line:
    return _line(State.FAILED, name, title, why, evidence)


def _unseen(name: str, title: str, why: str, evidence: Iterable[Proof] = ()) -> Line:
    return _line(State.UNSEEN, name, title, why, evidence)


def _no_events(name: str, title: str) -> Line:
    return _unseen(name, title, "No event has come to a test workspace yet.")


def _no_requests(name: str, title: str) -> Line:
    return _unseen(name, title, "Nothing was sent from a test workspace yet.")


def _at_ingest(errors: Sequence[SeenError]) -> str:
    more = len(errors) - 1
    others = f" And {more:,} more of other kinds." if more else ""
    return f"Found as events came in. {errors[0].told}{others}"


def _of(some: Sequence[SeenEvent], every: Sequence[SeenEvent]) -> str:
    return f"{len(some):,} of {_count(len(every), 'call')}"


def _has(some: Sequence[SeenEvent]) -> str:
    return "has" if len(some) == 1 else "have"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _names(names: Iterable[str]) -> str:
    every = list(names)
    shown = ", ".join(every[:MOST_NAMES])
    more = len(every) - MOST_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown
