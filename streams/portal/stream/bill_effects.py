"""The effect of a stream's choices about userIds on the customers' Segment bill, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.base.clock import now
from streams.catalog.person_identifiers import ConflictRule, Unresolved
from streams.observability.user_id_lookups.store import SHOWN_DAYS, lookups_of
from streams.portal.usage.added_people import EXAMPLE, example_cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streams.catalog.models import Stream


def bill_effects(stream: Stream, chosen: Mapping[str, Any]) -> list[str]:
    """Return what choices change that can add tracked users. `chosen`: of IdentityForm."""
    effects = list(_effects(stream, chosen))
    if effects and (cost := example_cost()):
        text = _(
            "For example, %(people)s more people cost %(cost)s a month, above the number that"
            " a customer's plan includes."
        )
        effects.append(text % {"people": f"{EXAMPLE:,}", "cost": cost})
    return effects


def choices_key(chosen: Mapping[str, Any]) -> str:
    """Return a text that stands for the choices whose effects a person saw."""
    order = ",".join(chosen["identify_by"])
    return f"{order}|{chosen['unresolved']}|{chosen['conflict_rule']}"


def _effects(stream: Stream, chosen: Mapping[str, Any]) -> Iterator[str]:
    before, after = stream.identify_by.split(","), list(chosen["identify_by"])
    looks_up = bool(stream.identify_by and after)
    anonymous = chosen["unresolved"] == Unresolved.ANONYMOUS and bool(after)
    if anonymous and not (stream.unresolved == Unresolved.ANONYMOUS and looks_up):
        yield _(
            "Each person without a known userId is one more monthly tracked user, because the"
            " anonymousId is new to Segment. Once the userId is known, Segment counts the"
            " person a second time in that month."
        )
        yield from _recently_unresolved(stream)
    elif anonymous and before[0] != after[0]:
        yield _(
            "The anonymousId of a person is made from the first identifier. With another one,"
            " each person without a known userId gets another anonymousId, and Segment counts"
            " the person again this month."
        )
    if looks_up and after[: len(before)] != before:  # more at the end only find more
        yield _(
            "With another order or fewer identifiers, an event can get another ID than before, if"
            " the identifiers of its person lead to two. Segment counts each of them."
        )
    newest = chosen["conflict_rule"] == ConflictRule.NEWEST
    if newest and stream.conflict_rule != ConflictRule.NEWEST:
        yield _(
            "If another userId is received for a person, later events have that one. Segment"
            " counts both in that month."
        )


def _recently_unresolved(stream: Stream) -> Iterator[str]:
    events = lookups_of(stream.feeds.values("pk"), now()).unresolved
    if events:
        text = ngettext(
            "In the last %(days)s days, %(events)s event had no known userId.",
            "In the last %(days)s days, %(events)s events had no known userId.",
            events,
        )
        yield text % {"days": SHOWN_DAYS, "events": f"{events:,}"}
