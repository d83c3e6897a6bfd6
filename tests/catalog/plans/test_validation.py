from __future__ import annotations

import json

import pytest

from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.validation import plan_errors


def planned(path, kind="string", **fields):
    return PlannedProperty(path=path, type=kind, **fields)


def told(*events):
    return [str(error) for error in plan_errors(TrackingPlan(events=events))]


def of(*properties, **fields):
    return PlannedEvent(**{"name": "Email Opened", "properties": properties, **fields})


def test_a_plan_can_be_empty_and_an_event_can_have_no_properties():
    assert told() == []
    assert told(of(), PlannedEvent(call="identify"), PlannedEvent(call="page")) == []


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (of(name=""), "track: A track event needs a name."),
        (of(call="delete"), "Email Opened: “delete” is not a call. Use one of: identify, track, page, screen, group, alias."),
        (of(call="group"), "Email Opened: A call of type group can't have a name. Leave it empty."),
        (of(name="Opened "), "Opened : The name starts or ends with a space, or contains a line break. Remove it."),
        (of(name="x" * 201), f"{'x' * 200}: The name is longer than 200 characters. Shorten it."),
        (of(planned("a"), call="alias", name=""), "alias: An alias call can't have properties. Remove them."),
        (of(when="a\0b"), "Email Opened: The trigger contains a character that can't be stored. Remove it."),
        (of(planned("")), "Email Opened, unnamed property: A property needs a name."),
        (of(planned("a..b")), "Email Opened, a..b: The path has an empty part, or a space next to a dot. Remove it."),
        (of(planned("$.a")), "Email Opened, $.a: Enter a valid path, such as email, address.city, or products.$.sku."),
        (of(planned("a.b.c.d.e.f.g.h.i")), "Email Opened, a.b.c.d.e.f.g.h.i: A path can have at most 200 characters and 8 parts."),
        (of(planned("a", "text")), "Email Opened, a: “text” is not a type. Use one of: string, number, integer, boolean, date, object, array, any."),
        (of(planned("a"), planned("a")), "Email Opened, a: This property is listed twice. Remove one."),
        (of(planned("a"), planned("a.b")), "Email Opened, a.b: “a” has the type string. Change it to object, or remove this property."),
        (of(planned("a.$"), planned("a.b")), "Email Opened, a.b: “a” can't be both an array and an object."),
        (of(planned("a", example=5)), "Email Opened, a: The example doesn't have the type string. Change the example or the type."),
        (of(planned("a", "number", example=float("nan"))), "Email Opened, a: The example can't be stored as JSON. Change it."),
        (of(planned("a", "any", example={"b": "\0"})), "Email Opened, a: The example can't be stored as JSON. Change it."),
        (of(planned("a", "any", example=json.loads("[" * 21 + "]" * 21))), "Email Opened, a: The example is nested more than 20 levels deep. Simplify it."),
        (of(planned("a", example="x" * 2000)), "Email Opened, a: The example is larger than 2,000 bytes. Shorten it."),
        (of(context=(planned("ip", "ip"),)), "Email Opened, context.ip: “ip” is not a type. Use one of: string, number, integer, boolean, date, object, array, any."),
        (
            of(planned("a", "array", example=[{"b": 1}]), planned("a.$.b")),
            "Email Opened, properties.a.0.b: The examples don't match the plan. properties.a.0.b must be a string, but is a number.",
        ),
    ],
)  # fmt: skip
def test_problems_are_reported_with_their_path(event, error):
    assert told(event) == [error]


def test_an_event_planned_twice_is_reported_once():
    assert told(of(), of(), of(name="Email Sent"), of()) == [
        "Email Opened: The plan has two events with this name. Remove or rename one."
    ]


def test_two_calls_with_one_name_are_two_events():
    assert told(of(name="Home", call="page"), of(name="Home", call="screen")) == []
