"""Checks of the events that arrived in the test workspaces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from streams.review.qa.checklist_line import (
    ChecklistLine,
    count_of,
    failed,
    passed,
    unseen,
)
from streams.review.qa.journey import WALKS, by_plan, furthest, walk, went_astray
from streams.review.qa.observations import (
    Observations,
    ObservedError,
    ObservedEvent,
    UserIdDoubt,
)

MOST_NAMES = 5  # in one sentence
DOUBTS = {
    UserIdDoubt.MISSING: ngettext_lazy(
        "%(some)s of %(all)s calls has no userId.",
        "%(some)s of %(all)s calls have no userId.",
        "n",
    ),
    UserIdDoubt.ANONYMOUS_ID: ngettext_lazy(
        "%(some)s of %(all)s calls has the same userId and anonymousId.",
        "%(some)s of %(all)s calls have the same userId and anonymousId.",
        "n",
    ),
    UserIdDoubt.OWN_ID: ngettext_lazy(
        "%(some)s of %(all)s calls has your tool's own ID as the userId.",
        "%(some)s of %(all)s calls have your tool's own ID as the userId.",
        "n",
    ),
    UserIdDoubt.EMAIL: ngettext_lazy(
        "%(some)s of %(all)s calls has an email address as the userId.",
        "%(some)s of %(all)s calls have an email address as the userId.",
        "n",
    ),
}


def planned(facts: Observations) -> ChecklistLine:
    """Check that every planned event arrived with its required properties."""
    title = _("Every planned event arrived with all required properties")
    if facts.plan is None or not facts.plan.events:
        return unseen("planned", title, _("No plan is published yet."))
    wanted = {
        (event.call, event.name): event.name or event.call
        for event in facts.plan.events
    }
    came = [
        (key, event)
        for key, event in by_plan(facts.plan, facts.events)
        if key in wanted
    ]
    # The newest of each.
    whole = {key: event for key, event in came if event.is_complete}
    partly = {key: event for key, event in came if key not in whole}
    seen = {key: whole[key] for key in wanted if key in whole}
    there = whole.keys() | partly.keys()
    missing = [name for key, name in wanted.items() if key not in there]
    if partly:
        why = _("Required properties are missing in: %(events)s.")
        why %= {"events": _names(wanted[key] for key in partly)}
        return failed("planned", title, why, partly.values())
    if missing:
        why = _("%(seen)s of %(total)s arrived. Still missing: %(events)s.")
        why %= {"seen": len(seen), "total": len(wanted), "events": _names(missing)}
        return unseen("planned", title, why, seen.values())
    why = ngettext(
        "The planned event arrived with all required properties.",
        "All %(count)s planned events arrived with all required properties.",
        len(wanted),
    )
    why %= {"count": f"{len(wanted):,}"}
    return passed("planned", title, why, seen.values())


def walked(facts: Observations) -> ChecklistLine:
    """Check that one user completed the test sequence."""
    steps = walk(facts.plan) if facts.plan else ()
    keys = [(step.call, step.name) for step in steps]
    names = [step.name or step.call for step in steps]
    title = _("One user completed all planned events in order")
    if tuple(names) in WALKS:
        title = _(
            "One user completed Segment's test sequence: delivered, opened, clicked,"
            " unsubscribed"
        )
    if not steps:
        return unseen("walk", title, _("No plan is published yet."))
    events = by_plan(facts.plan, facts.events) if facts.plan else []
    way = furthest(keys, events)
    if len(way) == len(steps):
        why = _("One user in one workspace completed in order: %(events)s.")
        return passed("walk", title, why % {"events": _names(names)}, way)
    if went_astray(keys, events):
        why = _("One user completed all events, but not in this order: %(events)s.")
        return failed("walk", title, why % {"events": _names(names)}, way)
    why = _("%(seen)s of %(total)s arrived in order. Next: %(event)s.")
    why %= {"seen": len(way), "total": len(steps), "event": names[len(way)]}
    return unseen("walk", title, why, way)


def user_id(facts: Observations) -> ChecklistLine:
    """Check that every call has a plausible userId."""
    name = "user-id"
    title = _("Every call has a userId that isn't your tool's own ID")
    if refused := [error for error in facts.errors if error.is_of_user_id]:
        return failed(name, title, _at_ingest(refused), refused)
    if not facts.events:
        return _no_events(name, title)
    if wrong := [event for event in facts.events if event.doubt]:
        why = str(DOUBTS[wrong[-1].doubt] % _some(wrong, facts.events))
        return failed(name, title, why, wrong[::-1])
    why = ngettext(
        "The userId isn't an email address, the anonymousId, or your tool's own ID from"
        " the context. Only you can tell whether it is your customer's own ID, or an ID"
        " received from Segment.",
        "In all %(count)s calls, the userId isn't an email address, the anonymousId, or"
        " your tool's own ID from the context. Only you can tell whether it is your"
        " customer's own ID, or an ID received from Segment.",
        len(facts.events),
    )
    return passed(name, title, why % count_of(facts.events), facts.events[::-1])


def passed_back(facts: Observations) -> ChecklistLine:
    """Check that a userId that Segment sent arrives at Segment as it was.

    Segment asks every partner for it (segment/partner.md). An event from Segment and one of
    the tool prove it together.
    """
    name = "user-id-as-sent"
    title = _("A userId goes back as Segment sent it")
    if wrong := [error for error in facts.errors if error.is_of_another_user_id]:
        return failed(name, title, _at_ingest(wrong), wrong)
    back = [event for event in facts.events if event.is_from_segment]
    if not back:
        why = _(
            "No call has a userId that arrived from Segment. In a test workspace, open"
            " Receive from Segment and send an identify call to its address. Then send an"
            " event of the same person."
        )
        return unseen(name, title, why)
    why = ngettext(
        "%(some)s of %(all)s calls has a userId that also arrived from Segment, byte for"
        " byte.",
        "%(some)s of %(all)s calls have a userId that also arrived from Segment, byte for"
        " byte.",
        len(back),
    )
    return passed(name, title, why % _some(back, facts.events), back[::-1])


def integration(facts: Observations) -> ChecklistLine:
    """Check the name and version that each call carries."""
    name = "integration"
    title = _("Every call names the stream and its version in context.integration")
    if not facts.events:
        return _no_events(name, title)
    if wrong := [event for event in facts.events if not event.says_where_from]:
        why = ngettext(
            "%(some)s of %(all)s calls has a different name or version than the stream has"
            " now. After a version change, run the QA test again.",
            "%(some)s of %(all)s calls have a different name or version than the stream"
            " has now. After a version change, run the QA test again.",
            len(wrong),
        )
        return failed(name, title, why % _some(wrong, facts.events), wrong[::-1])
    why = ngettext(
        "The call names %(stream)s. The portal adds the name to every event.",
        "All %(count)s calls name %(stream)s. The portal adds the name to every event.",
        len(facts.events),
    )
    why %= {"stream": facts.slug, **count_of(facts.events)}
    return passed(name, title, why, facts.events[::-1])


def rules(facts: Observations) -> ChecklistLine:
    """Check that no event has an error."""
    name, title = "rules", _("No event violates the Segment Spec or the plan")
    if wrong := [event for event in facts.events if event.error]:
        why = ngettext(
            "%(some)s of %(all)s calls has an error. %(event)s: %(error)s",
            "%(some)s of %(all)s calls have an error. %(event)s: %(error)s",
            len(wrong),
        )
        last = {"event": wrong[-1].title, "error": wrong[-1].error}
        why %= last | _some(wrong, facts.events)
        return failed(name, title, why, wrong[::-1])
    if facts.errors:
        return failed(name, title, _at_ingest(facts.errors), facts.errors)
    if not facts.events:
        return _no_events(name, title)
    why = ngettext(
        "%(count)s event checked, no errors found.",
        "%(count)s events checked, no errors found.",
        len(facts.events),
    )
    return passed(name, title, why % count_of(facts.events), facts.events[::-1])


def _no_events(name: str, title: str) -> ChecklistLine:
    why = _("No events have arrived in a test workspace yet.")
    return unseen(name, title, why)


def _at_ingest(errors: Sequence[ObservedError]) -> str:
    more = len(errors) - 1
    if not more:
        return _("Found at ingest: %(issue)s") % {"issue": errors[0].text}
    text = ngettext(
        "Found at ingest: %(issue)s There is %(more)s other issue.",
        "Found at ingest: %(issue)s There are %(more)s other issues.",
        more,
    )
    return text % {"issue": errors[0].text, "more": f"{more:,}"}


def _some(
    some: Sequence[ObservedEvent], every: Sequence[ObservedEvent]
) -> dict[str, object]:
    return {"n": len(some), "some": f"{len(some):,}", "all": f"{len(every):,}"}


def _names(names: Iterable[str]) -> str:
    every = list(names)
    shown = ", ".join(every[:MOST_NAMES])
    more = len(every) - MOST_NAMES
    if more <= 0:
        return shown
    return _("%(names)s, and %(more)s more") % {"names": shown, "more": f"{more:,}"}
