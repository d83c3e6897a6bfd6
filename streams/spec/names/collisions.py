"""Find the Spec event that a different name stands for.

Segment rejects streams that use a different name for a Spec event. The severity of the rule
depends on the certainty: error if Segment's docs say so or the words are the same, warning
if tools use the name for that event, hint if some tools do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from streams.spec.names.synonyms import OBJECTS, PERHAPS, SAME
from streams.spec.names.words import action_at, forms, key, orders, stem, words
from streams.spec.rules import RULES
from streams.spec.spec_data import DOCS, EVENTS, SPEC, OtherName, docs_of
from streams.spec.spec_exceptions import READINGS, SAFE, SpecExceptions

if TYPE_CHECKING:
    from streams.spec.issues import Issue, Rule, Severity

LONGEST = 200  # characters, more than five times the longest Spec name
# Names that the docs use in addition to the Spec's, by the exception that allows them.
DISPUTED = {
    "email-unsubscribed": ("Email Unsubscribed", "Unsubscribed"),
    "custom-component": ("Custom Component Loaded", "Component Loaded"),
}
OTHER_NAMES = "other-names"  # the exception that allows synonyms
_FOREIGN = frozenset(one.name for one in (*SPEC.system_events, *SPEC.library_events))
# Words for the actor and the platform, which Spec names omit.
_SUBJECTS = {"user", "customer", "contact", "recipient", "subscriber"}
_PLATFORMS = {"android", "ios", "web", "windows"}

_NAMED_WRONG, _SPELLING, _SYNONYM, _VARIANT, _DISPUTE, _PERHAPS = (
    RULES[f"SPEC-NAME-{number:03}"] for number in range(3, 9)
)


@dataclass(frozen=True, slots=True)
class Collision:
    """A name that stands for a Spec event but isn't the Spec's."""

    rule: Rule
    right: str  # the Spec's name; empty: there is none, see `fix`
    why: str  # one or two sentences
    fix: str  # one or two sentences
    docs: str

    @property
    def certainty(self) -> Severity:
        """How certain it is that the name stands for the event."""
        return self.rule.severity

    def issue(self) -> Issue:
        return self.rule.issue("event", self.why, self.fix, docs=self.docs)


def collision(
    call: str, name: str, readings: SpecExceptions = SAFE
) -> Collision | None:
    """Return the issue with a name, or None. Only track events have Spec names."""
    if call != "track" or name in EVENTS or name in _FOREIGN or len(name) > LONGEST:
        return None
    return _collision(name, readings)


def right_name(name: str, readings: SpecExceptions = SAFE) -> str | None:
    """Return the Spec's name for a track event, if it is certain and different."""
    match = collision("track", name, readings)
    if match is None or match.rule in (_PERHAPS, _VARIANT):
        return None
    return match.right or None


@lru_cache(maxsize=4096)
def _collision(name: str, readings: SpecExceptions) -> Collision | None:
    disputed = {DISPUTED[one][0] for one in readings.accepted if one in DISPUTED}
    if name in disputed:
        return None
    match = _lookup(words(name))
    if match and match.rule is _SYNONYM and match.right and OTHER_NAMES in readings:
        return None
    if match is None or (match.rule is _VARIANT and name in _VARIANTS):
        return match
    if match.rule is _VARIANT:
        return _spelled(match.right)
    if match.rule is _DISPUTE:
        for other in disputed:
            if key(words(other)) == key(words(name)):
                return _spelled(other, of=match.right)
    return match


def _lookup(plain: list[str]) -> Collision | None:
    """Look up all words, then without the version, the actor, or the platform."""
    match = _KNOWN.get(key(plain)) or _RUN_TOGETHER.get("".join(plain))
    if match is not None or len(plain) < 2:
        return match
    if plain[-2] == "v" and plain[-1].isdigit():
        return _loosened(_KNOWN.get(key(plain[:-2])) or _SPEC.get(key(plain[:-2])))
    if plain[0] in _SUBJECTS and stem(plain[1]) in _ACTIONS:
        return _loosened(_KNOWN.get(key(plain[1:])))
    if plain[-1] in _PLATFORMS:
        return _loosened(_KNOWN.get(key(plain[:-1])))
    return None


def _loosened(match: Collision | None) -> Collision | None:
    """Reduce the certainty, because words were omitted from the name."""
    if match is None or match.rule is _PERHAPS or not match.right:
        return match
    return _synonym(match.right)


def _spelled(right: str, *, of: str = "") -> Collision:
    return Collision(
        _SPELLING,
        right,
        f"The Spec's name for this event is {right}. Yours differs in word order, case, or"
        " tense.",
        f"Send it as “{right}”.",
        docs_of(EVENTS[of or right]),
    )


def _synonym(right: str) -> Collision:
    return Collision(
        _SYNONYM,
        right,
        f"The Spec's name for this event is {right}.",
        f"Send it as “{right}”.",
        docs_of(EVENTS[right]),
    )


def _perhaps(right: str) -> Collision:
    return Collision(
        _PERHAPS,
        right,
        f"Some tools use this name for the Spec event {right}.",
        f"If it means the same, send it as “{right}”. Otherwise, keep the name.",
        docs_of(EVENTS[right]),
    )


def _disputed(reading: str, right: str) -> Collision:
    return Collision(
        _DISPUTE,
        right,
        f"Segment's docs disagree on this name. {READINGS[reading].why}",
        f"Send it as “{right}”, or allow both in the stream's settings.",
        docs_of(EVENTS[right]),
    )


def _corrected(entry: OtherName) -> Collision:
    """Convert a correction from Segment's docs."""
    docs = DOCS + entry.docs
    if entry.kind == "accepted_variant":
        why = f"The Spec allows this name as a variant of {entry.right}."
        return Collision(
            _VARIANT,
            entry.right,
            why,
            f"Prefer “{entry.right}”, or keep the name.",
            docs,
        )
    if not entry.right:
        return Collision(
            _SYNONYM,
            "",
            "Segment's early mobile libraries used this name. The Spec has no such event.",
            "Send the campaign in context.campaign of the events that it caused.",
            docs,
        )
    reasons = {
        "wrong_name": f"Segment's docs list this as a wrong name for {entry.right}.",
        "alias": f"Segment's docs list this as an older name of {entry.right}.",
        "older_name_inferred": f"Early Segment libraries used this name for {entry.right}.",
    }
    why = reasons[entry.kind]
    return Collision(
        _NAMED_WRONG, entry.right, why, f"Send it as “{entry.right}”.", docs
    )


def _known() -> Iterator[tuple[str, Collision]]:
    """Yield the keys of all known names. The first one of a duplicate key wins."""
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
    for table, create in ((SAME, _synonym), (PERHAPS, _perhaps)):
        for right, names in table.items():
            for name in names:
                for order in orders(name):
                    yield order, create(right)
    for right in EVENTS:
        for name in _of_other_objects(right):
            for order in orders(name):
                yield order, _perhaps(right)


def _of_other_objects(name: str) -> Iterator[str]:
    """Yield the Spec's name with synonyms of its object."""
    for thing, others in OBJECTS.items():
        if name.startswith(f"{thing} "):
            for other in others:
                yield other + name.removeprefix(thing)


_VARIANTS = {one.name for one in SPEC.corrections if one.kind == "accepted_variant"}
_KNOWN: dict[str, Collision] = {}
for _key, _entry in _known():
    _KNOWN.setdefault(_key, _entry)
# Names without separators, such as `signedup`, which can't be split into stems.
_RUN_TOGETHER = {
    "".join(form): create(right)
    for right, name, create in (
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
