from __future__ import annotations

import pytest

from streams.catalog.plans.conformance import MAX_FINDINGS, CompiledPlan
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.spec.issues import Severity


def planned(path, kind="string", **fields):
    return PlannedProperty(path=path, type=kind, **fields)


def checks(*properties, context=(), name="Email Opened", call="track"):
    event = PlannedEvent(call=call, name=name, properties=properties, context=context)
    return CompiledPlan(TrackingPlan(events=(event,)))


def opened(properties=None, **fields):
    event = {"type": "track", "event": "Email Opened", "userId": "u1", **fields}
    return event if properties is None else {**event, "properties": properties}


def found(checks, event):
    return [(finding.rule, finding.path) for finding in checks.check(event)]


def test_an_event_that_matches_its_plan_has_no_issue():
    of = checks(
        planned("campaign_id", required=True),
        planned("opens", "integer"),
        context=(planned("traits.email", required=True),),
    )
    event = opened(
        {"campaign_id": "cmp_7", "opens": 2.0},
        context={"traits": {"email": "a@b.example", "plan": "x"}, "ip": "198.51.100.7"},
    )

    assert of.check(event) == []


def test_an_unplanned_event_is_an_issue():
    of = checks()

    assert found(of, opened(event="Email Sent")) == [("PLAN-EVENT-001", "event")]
    assert found(of, {"type": "page", "name": "Home"}) == [("PLAN-EVENT-001", "name")]
    assert found(of, {"type": "group"}) == [("PLAN-EVENT-001", "type")]


def test_a_page_planned_without_a_name_matches_every_page():
    of = checks(call="page", name="")

    assert of.check({"type": "page", "name": "Home"}) == []
    assert of.check({"type": "page"}) == []


@pytest.mark.parametrize("properties", [None, {}, {"campaign_id": None}])
def test_missing_required_properties_are_issues(properties):
    of = checks(planned("campaign_id", required=True), planned("subject"))

    [finding] = of.check(opened(properties))

    assert (finding.rule, finding.path, finding.severity) == (
        "PLAN-REQUIRED-001",
        "properties.campaign_id",
        Severity.ERROR,
    )
    assert (
        finding.message
        == "properties.campaign_id is missing, but the plan requires it."
    )


RIGHT = {
    "string": ["", "a"],
    "number": [1, 1.5],
    "integer": [1, 2.0],
    "boolean": [True],
    "date": ["2026-03-02", "2026-03-02T10:00:00.000Z"],
    "object": [{}, {"a": 1}],
    "array": [[], [1]],
    "any": ["a", 1, 1.5, False, {}, []],
}
WRONG = {
    "string": [1, True, {}, []],
    "number": ["1", True],
    "integer": ["1", 1.5, True],
    "boolean": ["true", 1],
    "date": ["yesterday", 1772445600, ""],
    "object": ["a", []],
    "array": ["a", {}],
    "any": [],
}


@pytest.mark.parametrize("kind", RIGHT)
def test_values_of_another_type_are_issues(kind):
    of = checks(planned("a", kind))

    for value in [*RIGHT[kind], None]:
        assert of.check(opened({"a": value})) == [], value
    for value in WRONG[kind]:
        assert found(of, opened({"a": value})) == [("PLAN-TYPE-001", "properties.a")], (
            value
        )


def test_an_unplanned_property_is_a_warning():
    of = checks(planned("campaign_id"))

    [finding] = of.check(opened({"campaign_id": "cmp_7", "campaing_name": "x"}))

    assert (finding.rule, finding.path, finding.severity) == (
        "PLAN-PROPERTY-001",
        "properties.campaing_name",
        Severity.WARNING,
    )


def test_items_of_a_list_are_checked():
    of = checks(
        planned("products", "array", required=True),
        planned("products.$.sku", required=True),
        planned("products.$.price", "number"),
        planned("coupons.$"),
    )
    event = opened(
        {
            "products": [{"sku": "A"}, {"price": "9"}, "no product"],
            "coupons": ["SPRING", 5],
        }
    )

    assert found(of, event) == [
        ("PLAN-TYPE-001", "properties.products.1.price"),
        ("PLAN-REQUIRED-001", "properties.products.1.sku"),
        ("PLAN-TYPE-001", "properties.products.2"),
        ("PLAN-TYPE-001", "properties.coupons.1"),
    ]


def test_a_required_property_of_an_object_is_required_only_if_the_object_exists():
    of = checks(planned("address", "object"), planned("address.city", required=True))

    assert of.check(opened({})) == []
    assert found(of, opened({"address": {}})) == [
        ("PLAN-REQUIRED-001", "properties.address.city")
    ]


@pytest.mark.parametrize("context", [{}, {"traits": {}}, {"traits": None}])
def test_a_required_property_of_an_unplanned_object_is_required(context):
    of = checks(context=(planned("traits.email", required=True),))

    assert found(of, opened(context=context)) == [
        ("PLAN-REQUIRED-001", "context.traits.email")
    ]


def test_traits_are_checked_where_each_call_has_them():
    of = checks(planned("email", required=True), call="identify", name="")

    assert found(of, {"type": "identify", "userId": "u1", "traits": {"mail": "x"}}) == [
        ("PLAN-PROPERTY-001", "traits.mail"),
        ("PLAN-REQUIRED-001", "traits.email"),
    ]


def test_issues_are_bounded_and_contain_no_value():
    of = checks(planned("secret", "integer"))

    findings = of.check(
        opened(
            {"secret": "tell-nobody"}
            | {f"k{n}" * 500: "tell-nobody" for n in range(99)}
        )
    )

    assert len(findings) == MAX_FINDINGS
    assert "tell-nobody" not in str(findings)
    assert max(len(finding.message) for finding in findings) < 200
