from __future__ import annotations

import pytest

from streams.catalog.plans.authoring.editing import (
    NOT_THERE,
    EditConflict,
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


def test_an_event_is_changed_where_it_stands():
    plan = put(PLAN, key_of(OPENED), mark_of(OPENED), CHANGED)

    assert plan.events == (CHANGED, SENT)
    assert found(plan, key_of(OPENED)) == CHANGED


def test_a_new_one_is_put_at_the_end():
    new = PlannedEvent(call="identify")

    assert put(PLAN, "", NOT_THERE, new).events == (OPENED, SENT, new)


def test_the_second_of_two_who_change_one_is_told_what_it_is_now():
    plan = put(PLAN, key_of(OPENED), mark_of(OPENED), CHANGED)

    for act in (lambda: put(plan, key_of(OPENED), mark_of(OPENED), SENT),
                lambda: taken_out(plan, key_of(OPENED), mark_of(OPENED))):  # fmt: skip
        with pytest.raises(EditConflict) as told:
            act()
        assert told.value.current == CHANGED


def test_an_event_that_is_gone_is_told_and_can_be_put_back():
    plan = taken_out(PLAN, key_of(OPENED), mark_of(OPENED))
    assert plan.events == (SENT,)

    with pytest.raises(EditConflict) as told:
        put(plan, key_of(OPENED), mark_of(OPENED), CHANGED)

    assert told.value.current is None
    assert put(plan, key_of(OPENED), NOT_THERE, CHANGED).events == (SENT, CHANGED)


def test_many_are_added_and_those_that_are_planned_stay_as_they_are():
    new = PlannedEvent(call="page")

    assert added(PLAN, [CHANGED, new, new]).events == (OPENED, SENT, new)
