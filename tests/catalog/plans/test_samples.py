from __future__ import annotations

import pytest

from streams.catalog.plans.plan import PlannedEvent, PlannedProperty
from streams.catalog.plans.samples import sample
from streams.spec.call_structure import CALLS, structure_issues


def planned(path, kind="string", **fields):
    return PlannedProperty(path=path, type=kind, **fields)


def test_a_sample_has_every_property_and_field_of_the_context():
    event = PlannedEvent(
        name="Email Opened",
        properties=(
            planned("campaign_id", example="cmp_7"),
            planned("opens", "integer"),
        ),
        context=(planned("traits.email"), planned("ip")),
    )

    assert sample(event, user_id="u1") == {
        "type": "track",
        "userId": "u1",
        "event": "Email Opened",
        "properties": {"campaign_id": "cmp_7", "opens": 3},
        "context": {"ip": "198.51.100.7", "traits": {"email": "ada@example.com"}},
    }


def test_properties_of_a_list_are_in_its_items():
    event = PlannedEvent(
        name="Order Completed",
        properties=(
            planned("products.$.sku", example="A-1"),
            planned("products.$.price", "number"),
            planned("products", "array"),
            planned("coupons.$"),
        ),
    )

    content = sample(event, user_id="u1")["properties"]

    assert content == {
        "products": [{"sku": "A-1", "price": 9.5}],
        "coupons": ["text"],
    }


def test_the_example_of_a_parent_is_completed_and_not_replaced():
    event = PlannedEvent(
        name="Order Completed",
        properties=(
            planned("products", "array", example=[{"sku": "A"}, {"sku": "B"}]),
            planned("products.$.sku", example="C"),
            planned("products.$.price", "number", example=5),
        ),
    )

    content = sample(event, user_id="u1")["properties"]

    assert content["products"] == [{"sku": "A", "price": 5}, {"sku": "B", "price": 5}]
    assert event.properties[0].example == [{"sku": "A"}, {"sku": "B"}]


def test_examples_of_sensitive_properties_are_never_shown():
    event = PlannedEvent(
        name="Trial Started",
        properties=(planned("phone", example="+44 7700 900123", sensitive=True),),
    )

    assert sample(event, user_id="u1")["properties"] == {"phone": "+1 202 555 0100"}


@pytest.mark.parametrize("call", CALLS)
def test_samples_of_all_calls_are_accepted_by_segment(call):
    event = PlannedEvent(call=call, name="Home", properties=(planned("plan"),))

    assert structure_issues(sample(event, user_id="u1")) == []
