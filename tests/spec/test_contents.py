"""Each rule about contents, broken once."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from streams.devtools.demo import campaign
from streams.spec.check.event import semantics
from streams.spec.content.content_check import MAX_ISSUES
from streams.spec.issues import Severity
from streams.spec.rules import RULES
from streams.spec.spec_data import EVENTS, SPEC
from streams.spec.spec_exceptions import READINGS, SAFE, SpecExceptions
from tests import factories


def track(event: str = "Invoice Sent", properties=None, **fields):
    return {"type": "track", "event": event, "properties": properties or {}, **fields}


def call(kind: str, **fields):
    return {"type": kind, **fields}


def found(event, *readings: str) -> list[tuple[str, str]]:
    """Return rules and paths."""
    accepted = SpecExceptions.of(readings) if readings else SAFE
    issues = semantics(event, readings=accepted, now=factories.NOW)
    return [(one.rule, one.path) for one in issues]


def order(**properties):
    return track("Order Completed", properties)


def at(seconds: float) -> str:
    return (factories.NOW + timedelta(seconds=seconds)).isoformat()


BROKEN = [
    # Properties of the Spec's events
    (order(order_id=5), "SPEC-PROPERTY-001", "properties.order_id"),
    (order(products={}), "SPEC-PROPERTY-001", "properties.products"),
    (order(products=["p"]), "SPEC-PROPERTY-001", "properties.products.0"),
    (order(products=[{}, {"sku": 7}]), "SPEC-PROPERTY-001", "properties.products.1.sku"),
    (track("Products Searched", {"query": 1}), "SPEC-PROPERTY-001", "properties.query"),
    (track("Video Playback Started", {"position": 1.5}), "SPEC-PROPERTY-001", "properties.position"),
    (track("Video Playback Started", {"content_asset_ids": ["a", 2]}), "SPEC-PROPERTY-001", "properties.content_asset_ids.1"),
    (track("Video Playback Started", {"full_screen": 1}), "SPEC-PROPERTY-001", "properties.full_screen"),
    (track("Trial Started", {"trial_end_date": "soon"}), "SPEC-PROPERTY-001", "properties.trial_end_date"),
    (track("Push Notification Tapped", {"campaign": {"name": 1}}), "SPEC-PROPERTY-001", "properties.campaign.name"),
    (track("Video Ad Started", {"type": "post-script"}), "SPEC-PROPERTY-002", "properties.type"),
    (track(properties={"currency": 978}), "SPEC-PROPERTY-003", "properties.currency"),
    (call("page", properties={"url": ["https://a.example"]}), "SPEC-PROPERTY-003", "properties.url"),
    (call("page", properties={"keywords": "a,b"}), "SPEC-PROPERTY-003", "properties.keywords"),
    (call("screen", properties={"name": 3}), "SPEC-PROPERTY-003", "properties.name"),
    (order(orderId="o1"), "SPEC-PROPERTY-004", "properties.orderId"),
    (order(products=[{"id": "p"}]), "SPEC-PROPERTY-004", "properties.products.0.id"),
    (track("Email Opened", {"campaignId": "c"}), "SPEC-PROPERTY-004", "properties.campaignId"),
    # Money
    (order(currency="usd"), "SPEC-MONEY-001", "properties.currency"),
    (order(currency="Euro"), "SPEC-MONEY-001", "properties.currency"),
    (track(properties={"currency": "$"}), "SPEC-MONEY-001", "properties.currency"),
    (order(revenue="19.99"), "SPEC-MONEY-002", "properties.revenue"),
    (order(products=[{"price": "$5"}]), "SPEC-MONEY-002", "properties.products.0.price"),
    (track(properties={"revenue": "19"}), "SPEC-MONEY-002", "properties.revenue"),
    # Traits
    (call("identify", traits={"email": ["a@b.example"]}), "SPEC-TRAIT-001", "traits.email"),
    (call("identify", traits={"first_name": 1}), "SPEC-TRAIT-001", "traits.first_name"),
    (call("identify", traits={"createdAt": 1700000000}), "SPEC-TRAIT-001", "traits.createdAt"),
    (call("identify", traits={"birthday": "in May"}), "SPEC-TRAIT-001", "traits.birthday"),
    (call("identify", traits={"company": "Northwind"}), "SPEC-TRAIT-001", "traits.company"),
    (call("identify", traits={"company": {"employee_count": "9"}}), "SPEC-TRAIT-001", "traits.company.employee_count"),
    (call("group", traits={"industry": 4}), "SPEC-TRAIT-001", "traits.industry"),
    (track(context={"traits": {"age": "40"}}), "SPEC-TRAIT-001", "context.traits.age"),
    (call("identify", traits={"firstName": "A", "first_name": "A"}), "SPEC-TRAIT-002", "traits.first_name"),
    (track(context={"traits": {"last_name": "B", "lastName": "B"}}), "SPEC-TRAIT-002", "context.traits.lastName"),
    # Fields of the event and its context
    (track(user_id="u"), "SPEC-FIELD-001", "user_id"),
    (track(action="track"), "SPEC-FIELD-001", "action"),
    (track(sessionId="s"), "SPEC-FIELD-001", "sessionId"),
    (track(anonymous_id="s"), "SPEC-FIELD-001", "anonymous_id"),
    (call("alias", to="u"), "SPEC-FIELD-001", "to"),
    (call("identify", options={"ip": "::1"}), "SPEC-FIELD-001", "options"),
    (track(context={"osVersion": "1"}), "SPEC-FIELD-001", "context.osVersion"),
    (track(context={"group_id": "g"}), "SPEC-FIELD-001", "context.group_id"),
    (track(traits={"email": "a@b.example"}), "SPEC-FIELD-002", "traits"),
    (call("page", traits={}), "SPEC-FIELD-002", "traits"),
    (track(context={"device": "phone"}), "SPEC-CONTEXT-001", "context.device"),
    (track(context={"traits": []}), "SPEC-CONTEXT-001", "context.traits"),
    # Consent
    (track(context={"consent": {"categoryPreferences": {}}}), "SPEC-CONSENT-002", "context.consent"),
    (track(event="Segment Consent Preference Updated"), "SPEC-CONSENT-004", "context.consent.categoryPreferences"),
    (track(event="Segment Consent Preference Updated", context={"consent": {}}), "SPEC-CONSENT-004", "context.consent.categoryPreferences"),
    (track(context={"consent": {"categoryPreferences": {"1st": True}}}), "SPEC-CONSENT-003", "context.consent"),
    (track(context={"consent": {"categoryPreferences": {"a": True, "": True}}}), "SPEC-CONSENT-003", "context.consent"),
    (track(context={"consent": {"categoryPreferences": {"a" * 35: True}}}), "SPEC-CONSENT-003", "context.consent"),
    # Keys
    (track(properties={"planName": "a"}), "SPEC-KEY-001", "properties.planName"),
    (track(properties={"a": {"Plan Name": "a"}}), "SPEC-KEY-001", "properties.a.Plan Name"),
    (track(properties={"a": [[{"planName": "a"}]]}), "SPEC-KEY-001", "properties.a.0.0.planName"),
    (track(properties={"item_1": "a", "item_2": "b"}), "SPEC-KEY-002", "properties.item_1"),
    (call("identify", traits={"tag1": "a", "tag2": "b"}), "SPEC-KEY-002", "traits.tag1"),
    (track(properties={"k" * 128: 1}), "SPEC-KEY-003", f"properties.{'k' * 100}"),
    # Sizes and counts
    (track(properties={chr(97 + n % 26) * (n // 26 + 1): n for n in range(301)}), "SPEC-COUNT-001", "properties"),
    (track(properties={"a": [{"b": 1}] * 300}), "SPEC-COUNT-001", "properties"),
    (track(properties={"body": "x" * 513}), "SPEC-SIZE-002", "properties.body"),
    (call("group", groupId="g" * 501), "SPEC-SIZE-003", "groupId"),
    (track(context={"groupId": ""}), "SPEC-SIZE-003", "context.groupId"),
    # Times
    (track(timestamp=at(301)), "SPEC-TIME-002", "timestamp"),
    (track(timestamp="1969-12-31T23:59:59Z"), "SPEC-TIME-003", "timestamp"),
]  # fmt: skip


def test_each_broken_rule_is_found_at_its_path():
    assert {str(event): found(event) for event, *_ in BROKEN} == {
        str(event): [(rule, path)] for event, rule, path in BROKEN
    }


def test_each_rule_about_contents_is_in_the_table():
    structure = ("ID", "JSON", "MESSAGE", "NAME", "OBJECT", "TYPE")
    elsewhere = {
        "SPEC-CONSENT-001",
        "SPEC-SIZE-001",
        "SPEC-TIME-001",
        "SPEC-PROPERTY-005",
    }

    here = {rule for rule in RULES if rule.split("-")[1] not in structure} - elsewhere
    assert {rule for _, rule, _ in BROKEN} == here


READ_TWO_WAYS = [
    (track("Email Opened", context={"ip": {}}), "email-ip-object", "SPEC-CONTEXT-001"),
    (track(context={"user_agent": "a"}), "email-user-agent", "SPEC-FIELD-001"),
    (call("group", traits={"employees": 9}), "group-employees", "SPEC-TRAIT-001"),
    (track("Video Playback Started", {"ad_asset_ids": ["a"]}), "video-ad-lists", "SPEC-PROPERTY-005"),
    (track("Video Quality Updated", {"startup_time": 1}), "video-quality-case", "SPEC-PROPERTY-005"),
    (track("Message Sent", {"conversation_id": "c"}), "copilot-case", "SPEC-PROPERTY-005"),
    (track("Product Reviewed", {"rating": 4}), "review-rating", "SPEC-PROPERTY-001"),
    (track("Checkout Started", {"total": 4}), "checkout-total", "SPEC-PROPERTY-005"),
    (order(value=4), "checkout-total", "SPEC-PROPERTY-005"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "reading", "rule"), READ_TWO_WAYS)
def test_where_the_docs_contradict_each_other_the_stream_can_choose(
    event, reading, rule
):
    (issue,) = semantics(event)

    assert issue.rule == rule
    assert READINGS[reading].why in issue.message
    assert "settings" in issue.fix
    assert found(event, reading) == []


def test_each_exception_about_contents_is_in_the_table():
    about_names = {"email-unsubscribed", "other-names", "custom-component"}

    assert {one for _, one, _ in READ_TWO_WAYS} == READINGS.keys() - about_names


SOUND = [
    track(timestamp=at(299)),
    track(timestamp=at(0)),
    track(properties={"address_line_2": "a", "utm1": "b", "straße": "c"}),
    track(properties={"body": "x" * 512, "price": "any", "id": 5}),
    order(revenue=19, total=19.99, value=3, currency="EUR", coupon=None),
    order(order_id="o", products=[{"product_id": "p", "price": 1}, {"id": "x", "product_id": "p"}]),
    track("Video Playback Started", {"position": 12.0, "ad_type": "pre-roll"}),
    call("identify", traits={"firstName": "A", "last_name": "B", "address": {"postalCode": "1"}}),
    call("identify", traits={"createdAt": "2026-01-02", "favoriteColor": "red"}),
    call("page", name="Home", properties={"url": "https://a.example", "keywords": ["a"]}),
    call("group", groupId="g", traits={"name": "Northwind", "employees": "12"}),
    call("alias", previousId="a", userId="b"),
    track(context={"userAgent": "x" * 600, "anyThing": {"planName": 1}, "campaign": {"name": "a"}}),
]  # fmt: skip


def test_a_valid_event_has_no_issue():
    assert [(event, found(event)) for event in SOUND if found(event)] == []


SAMPLES = {
    "string": "a", "number": 1.5, "integer": 2, "float": 0.5, "boolean": True,
    "date": "2026-01-02", "object": {}, "array": [], "string|object": "a",
    "unspecified": "a",
}  # fmt: skip


def example(event):
    """Return all top-level properties of an event, as in the Spec."""
    properties = {}
    for one in event.properties:
        if "." not in one.path and one.path != "currency":
            properties[one.path] = one.enum[0] if one.enum else SAMPLES[one.type]
    return track(event.name, properties)


def test_each_event_of_the_spec_can_have_all_properties_of_the_spec():
    events = [example(event) for event in EVENTS.values()]

    assert {one["event"]: found(one) for one in events if found(one)} == {}


# A value of another type for each type.
OTHERS = {
    "string": 5, "number": "a", "integer": 1.5, "float": "a", "boolean": 1,
    "date": "soon", "object": "a", "array": {}, "string|object": 5,
}  # fmt: skip


def holding(path, value):
    """Return the smallest object with the value at the path."""
    key, *rest = path.split(".", 1)
    inside = holding(rest[0], value) if rest else value
    return [inside] if key == "$" else {key: inside}


def test_each_property_trait_and_field_of_the_spec_has_its_type():
    tables = [
        *((e.properties, "properties", track(e.name)) for e in EVENTS.values()),
        *((one.fields, part, call(kind)) for one in SPEC.reserved
          for kind, _, part in [one.where.partition("_")]),
        (SPEC.context_fields, "context", track()),
    ]  # fmt: skip
    cases = [
        (event | {part: holding(one.path, OTHERS[one.type])}, f"{part}.{one.path}")
        for fields, part, event in tables
        for one in fields
        if one.type in OTHERS
    ]

    assert len(cases) > 700
    missed = [
        (event, path)
        for event, path in cases
        if path.replace("$", "0") not in {at for _, at in found(event)}
    ]
    assert missed == []


def test_the_demonstrations_events_have_no_issue():
    day = campaign.day(200, now=factories.NOW, random=Random(1))

    assert {one["event"]: found(one) for one in day if found(one)} == {}


def test_a_time_is_not_checked_without_a_clock():
    assert semantics(track(timestamp="2999-01-01T00:00:00Z")) == []


def test_the_most_severe_issue_comes_first():
    event = track("Purchase", {"planName": 1, "revenue": "a"})

    severities = [one.severity for one in semantics(event)]
    assert severities == [Severity.ERROR, Severity.WARNING, Severity.HINT]


def test_the_number_of_issues_of_an_event_is_bounded():
    event = order(products=[{"sku": 1, "price": "a"}] * 100)

    assert len(semantics(event)) == MAX_ISSUES


def test_an_issue_never_contains_a_value():
    secret = "hunter2-hunter2"
    event = order(revenue=secret, currency=secret, products=[secret], orderId=secret)

    for one in semantics(event, now=factories.NOW):
        assert secret not in one.message + one.fix + one.path
