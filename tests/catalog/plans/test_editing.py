from __future__ import annotations

import pytest

from streams.catalog.plans.authoring.editing import (
    NOT_THERE,
    EventConflict,
    added,
    found,
    key_of,
    mark_of,
    put,
    taken_out,
)
from streams.catalog.plans.plan import PlannedEvent, TrackingPlan

OPENED, SENT = PlannedEvent(name="Email Opened"), PlannedEvent(name="Email Sent")
PLAN = TrackingPlan(events=(OPENED, SENT))
CHANGED = PlannedEvent(name="Email Opened", when="Somebody opens one.")


def test_a_changed_event_keeps_its_place():
    plan = put(PLAN, key_of(OPENED), mark_of(OPENED), CHANGED)

    assert plan.events == (CHANGED, SENT)
    assert found(plan, key_of(OPENED)) == CHANGED


def test_a_new_event_goes_to_the_end():
    new = PlannedEvent(call="identify")

    assert put(PLAN, "", NOT_THERE, new).events == (OPENED, SENT, new)


def test_a_save_over_anothers_change_shows_the_current_event():
    plan = put(PLAN, key_of(OPENED), mark_of(OPENED), CHANGED)

    for act in (lambda: put(plan, key_of(OPENED), mark_of(OPENED), SENT),
                lambda: taken_out(plan, key_of(OPENED), mark_of(OPENED))):  # fmt: skip
        with pytest.raises(EventConflict) as told:
            act()
        assert told.value.current == CHANGED


def test_a_save_of_an_event_that_was_removed_is_refused_and_can_add_it_again():
    plan = taken_out(PLAN, key_of(OPENED), mark_of(OPENED))
    assert plan.events == (SENT,)

    with pytest.raises(EventConflict) as told:
        put(plan, key_of(OPENED), mark_of(OPENED), CHANGED)

    assert told.value.current is None
    assert put(plan, key_of(OPENED), NOT_THERE, CHANGED).events == (SENT, CHANGED)


def test_adding_many_events_leaves_planned_ones_unchanged():
    new = PlannedEvent(call="page")

    assert added(PLAN, [CHANGED, new, new]).events == (OPENED, SENT, new)
