from __future__ import annotations

import json

import pytest

from streams.catalog.plans.faults import faults
from streams.catalog.plans.plan import EventPlan, PlannedEvent, PlannedProperty


def planned(path, kind="string", **fields):
    return PlannedProperty(path=path, type=kind, **fields)


def told(*events):
    return [str(fault) for fault in faults(EventPlan(events=events))]


def of(*properties, **fields):
    return PlannedEvent(**{"name": "Email Opened", "properties": properties, **fields})


def test_a_plan_may_be_empty_and_an_event_without_properties():
    assert told() == []
    assert told(of(), PlannedEvent(call="identify"), PlannedEvent(call="page")) == []


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (of(name=""), "track: A track event needs a name."),
        (of(call="delete"), "Email Opened: “delete” is no call. Take one of identify, track, page, screen, group, alias."),
        (of(call="group"), "Email Opened: Group calls have no name. Leave it empty."),
        (of(name="Opened "), "Opened : The name begins or ends with a space, or has a line break. Remove it."),
        (of(name="x" * 201), f"{'x' * 200}: A name has at most 200 characters."),
        (of(planned("a"), call="alias", name=""), "alias: An alias call has no properties. Remove them."),
        (of(when="a\0b"), "Email Opened: “When” has a character that cannot be stored."),
        (of(planned("")), "Email Opened, a property: A property needs a name."),
        (of(planned("a..b")), "Email Opened, a..b: There is nothing, or a space, beside one of its dots."),
        (of(planned("$.a")), "Email Opened, $.a: It cannot be read. Write it as email, address.city or products.$.sku."),
        (of(planned("a.b.c.d.e.f.g.h.i")), "Email Opened, a.b.c.d.e.f.g.h.i: A path has at most 200 characters and 8 places."),
        (of(planned("a", "text")), "Email Opened, a: “text” is no type. Take one of string, number, integer, boolean, date, object, array, any."),
        (of(planned("a"), planned("a")), "Email Opened, a: It is there twice. Remove one."),
        (of(planned("a"), planned("a.b")), "Email Opened, a.b: Nothing can be in a string. Make “a” an object."),
        (of(planned("a.$"), planned("a.b")), "Email Opened, a.b: a cannot be a list and an object at once."),
        (of(planned("a", example=5)), "Email Opened, a: The example is not of the type string. Change one of the two."),
        (of(planned("a", "number", example=float("nan"))), "Email Opened, a: The example is nothing that JSON can hold."),
        (of(planned("a", "any", example={"b": "\0"})), "Email Opened, a: The example is nothing that JSON can hold."),
        (of(planned("a", "any", example=json.loads("[" * 21 + "]" * 21))), "Email Opened, a: The example is nested more than 20 deep. Shorten it."),
        (of(planned("a", example="x" * 2000)), "Email Opened, a: The example is larger than 2,000 bytes. Shorten it."),
        (of(context=(planned("ip", "ip"),)), "Email Opened, context.ip: “ip” is no type. Take one of string, number, integer, boolean, date, object, array, any."),
        (
            of(planned("a", "array", example=[{"b": 1}]), planned("a.$.b")),
            "Email Opened, properties.a.0.b: In the examples properties.a.0.b should be a text and is a number.",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(event, fault):
    assert told(event) == [fault]


def test_an_event_that_is_planned_twice_is_told_once():
    assert told(of(), of(), of(name="Email Sent"), of()) == [
        "Email Opened: The plan has this event twice. Remove or rename one."
    ]


def test_an_event_of_two_calls_is_two_events():
    assert told(of(name="Home", call="page"), of(name="Home", call="screen")) == []
