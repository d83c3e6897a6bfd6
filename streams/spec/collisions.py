"""Which Spec event a name means that is not the Spec's own.

Segment turns a stream down that has another name for a Spec event, so a name that means
one is told, with the right one. How sure that is, is the severity of the rule: Segment's
docs say so or the words are the same (error), tools use it for that (warning), some do
(hint).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from streams.spec.data import DOCS, EVENTS, SPEC, OtherName, docs_of
from streams.spec.readings import READINGS, SAFE, Readings
from streams.spec.rules import RULES
from streams.spec.synonyms import OBJECTS, PERHAPS, SAME
from streams.spec.words import action_at, forms, key, orders, stem, words

if TYPE_CHECKING:
    from streams.spec.findings import Finding, Rule, Severity

LONGEST = 200  # characters; no name of the Spec has a fifth of that
# Names that the docs use beside the Spec's, by the reading that accepts them.
DISPUTED = {
    "email-unsubscribed": ("Email Unsubscribed", "Unsubscribed"),
    "custom-component": ("Custom Component Loaded", "Component Loaded"),
}
OTHER_NAMES = "other-names"  # the reading that accepts synonyms
_FOREIGN = frozenset(one.name for one in (*SPEC.system_events, *SPEC.library_events))
# Who did it, where the Spec leaves that out; and where it was done.
_SUBJECTS = {"user", "customer", "contact", "recipient", "subscriber"}
_PLATFORMS = {"android", "ios", "web", "windows"}

_NAMED_WRONG, _SPELLING, _SYNONYM, _VARIANT, _DISPUTE, _PERHAPS = (
    RULES[f"SPEC-NAME-{number:03}"] for number in range(3, 9)
)


@dataclass(frozen=True, slots=True)
class Collision:
    """A name that means a Spec event and is not the Spec's."""

    rule: Rule
    right: str  # the Spec's name; empty: it has none, and `fix` says what to do
    why: str  # a sentence
    fix: str  # a sentence
    docs: str

    @property
    def certainty(self) -> Severity:
        """How sure it is that the name means the event."""
        return self.rule.severity

    def finding(self) -> Finding:
        return self.rule.finding("event", self.why, self.fix, docs=self.docs)


def collision(call: str, name: str, readings: Readings = SAFE) -> Collision | None:
    """What stands against a name; None: nothing. Only track events have Spec names."""
    if call != "track" or name in EVENTS or name in _FOREIGN or len(name) > LONGEST:
        return None
    return _collision(name, readings)


def right_name(name: str, readings: Readings = SAFE) -> str | None:
    """The Spec's name for the track event that a name surely means; None: it has none,
    or the name is right as it is."""
    found = collision("track", name, readings)
    if found is None or found.rule in (_PERHAPS, _VARIANT):
        return None
    return found.right or None


@lru_cache(maxsize=4096)
def _collision(name: str, readings: Readings) -> Collision | None:
    disputed = {DISPUTED[one][0] for one in readings.accepted if one in DISPUTED}
    if name in disputed:
        return None
    found = _found(words(name))
    if found and found.rule is _SYNONYM and found.right and OTHER_NAMES in readings:
        return None
    if found is None or (found.rule is _VARIANT and name in _VARIANTS):
        return found
    if found.rule is _VARIANT:
        return _spelled(found.right)
    if found.rule is _DISPUTE:
        for other in disputed:
            if key(words(other)) == key(words(name)):
                return _spelled(other, of=found.right)
    return found


def _found(plain: list[str]) -> Collision | None:
    """By all its words; then without a version, the one who did it, or the platform."""
    found = _KNOWN.get(key(plain)) or _RUN_TOGETHER.get("".join(plain))
    if found is not None or len(plain) < 2:
        return found
    if plain[-2] == "v" and plain[-1].isdigit():
        return _loosened(_KNOWN.get(key(plain[:-2])) or _SPEC.get(key(plain[:-2])))
    if plain[0] in _SUBJECTS and stem(plain[1]) in _ACTIONS:
        return _loosened(_KNOWN.get(key(plain[1:])))
    if plain[-1] in _PLATFORMS:
        return _loosened(_KNOWN.get(key(plain[:-1])))
    return None


def _loosened(found: Collision | None) -> Collision | None:
    """Words were left out: the docs do not say it of this name."""
    if found is None or found.rule is _PERHAPS or not found.right:
        return found
    return _synonym(found.right)


def _spelled(right: str, *, of: str = "") -> Collision:
    return Collision(
        _SPELLING,
        right,
        f"The Spec's name is {right}: the same words, in another order, case or tense.",
        f"Send it as “{right}”.",
        docs_of(EVENTS[of or right]),
    )


def _synonym(right: str) -> Collision:
    return Collision(
        _SYNONYM,
        right,
        f"The Spec has an event for this: {right}.",
        f"Send it as “{right}”.",
        docs_of(EVENTS[right]),
    )


def _perhaps(right: str) -> Collision:
    return Collision(
        _PERHAPS,
        right,
        f"Tools use this name for what the Spec calls {right}.",
        f"If it means the same, send it as “{right}”; else leave it.",
        docs_of(EVENTS[right]),
    )


def _disputed(reading: str, right: str) -> Collision:
    return Collision(
        _DISPUTE,
        right,
        f"Segment's docs disagree on this name. {READINGS[reading].why}",
        f"Send it as “{right}”, or let the stream's settings accept both.",
        docs_of(EVENTS[right]),
    )


def _corrected(entry: OtherName) -> Collision:
    """As one of Segment's pages says."""
    docs = DOCS + entry.docs
    if entry.kind == "accepted_variant":
        why = f"The Spec allows this beside its own name, {entry.right}."
        return Collision(
            _VARIANT, entry.right, why, f"Prefer “{entry.right}”, or leave it.", docs
        )
    if not entry.right:
        return Collision(
            _SYNONYM,
            "",
            "This is a name of Segment's early mobile libraries; the Spec has no event"
            " for it.",
            "Send the campaign in context.campaign, on the events that it led to.",
            docs,
        )
    reasons = {
        "wrong_name": f"Segment's docs give this as an example of a wrong name for {entry.right}.",
        "alias": f"This is an older name of {entry.right}, as Segment's docs say.",
        "older_name_inferred": f"This is the name that early libraries had for {entry.right}.",
    }
    why = reasons[entry.kind]
    return Collision(
        _NAMED_WRONG, entry.right, why, f"Send it as “{entry.right}”.", docs
    )


def _known() -> Iterator[tuple[str, Collision]]:
    """Every key that means a Spec event; of two with one key the first holds."""
    for entry in SPEC.corrections:
        if entry.kind != "docs_inconsistency":
            yield key(words(entry.name)), _corrected(entry)
    for name in EVENTS:
        for order in orders(name):
            yield order, _spelled(name)
    for reading, (name, right) in DISPUTED.items():
        for order in orders(name):
            yield order, _disputed(reading, right)
    for near in SPEC.near_misses:
        hedged = near.name in PERHAPS.get(near.right, ())
        yield key(words(near.name)), (_perhaps if hedged else _synonym)(near.right)
    for table, made in ((SAME, _synonym), (PERHAPS, _perhaps)):
        for right, names in table.items():
            for name in names:
                for order in orders(name):
                    yield order, made(right)
    for right in EVENTS:
        for name in _of_other_objects(right):
            for order in orders(name):
                yield order, _perhaps(right)


def _of_other_objects(name: str) -> Iterator[str]:
    """The Spec's name with other words for what the event is about."""
    for thing, others in OBJECTS.items():
        if name.startswith(f"{thing} "):
            for other in others:
                yield other + name.removeprefix(thing)


_VARIANTS = {one.name for one in SPEC.corrections if one.kind == "accepted_variant"}
_KNOWN: dict[str, Collision] = {}
for _key, _made in _known():
    _KNOWN.setdefault(_key, _made)
# As `signedup`: what one word ends in says nothing of those that it is made of.
_RUN_TOGETHER = {
    "".join(form): made(right)
    for right, name, made in (
        *(
            (right, name, _perhaps)
            for right in EVENTS
            for name in _of_other_objects(right)
        ),
        *((right, name, _synonym) for right, names in SAME.items() for name in names),
        *((name, name, _spelled) for name in EVENTS),
    )
    for form in forms(name)
    if len(form) > 1
}
_SPEC = {key(words(name)): _spelled(name) for name in EVENTS}
_ACTIONS = {
    stem(plain[at])
    for plain in map(words, EVENTS)
    if (at := action_at(plain)) is not None
}
