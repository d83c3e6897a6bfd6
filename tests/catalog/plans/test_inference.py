from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.catalog.plans.authoring import inference
from streams.catalog.plans.authoring.inference import ENOUGH, extended, learn
from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.validation import plan_errors


def track(name="Email Opened", **properties):
    return {"type": "track", "event": name, "properties": properties, "context": {}}


def one(*events):
    [learned] = learn(events).events
    return learned


def types(*values):
    """Infer a property from these values."""
    return {
        each.planned.path: each.planned.type
        for each in one(*(track(p=value) for value in values)).properties
    }


def test_each_event_is_inferred_separately_the_most_frequent_first():
    lesson = learn([
        track(), track("Email Sent"), track("Email Sent"),
        {"type": "page", "name": "Home"}, {"type": "page", "name": "Prices"}, {"type": "page"},
        {"type": "alias"},
    ])  # fmt: skip

    assert [(each.call, each.name, each.count) for each in lesson.events] == [
        ("page", "", 3),
        ("track", "Email Sent", 2),
        ("track", "Email Opened", 1),
        ("alias", "", 1),
    ]
    assert (lesson.looked_at, lesson.left_out) == (7, 0)


def test_a_type_covers_all_values():
    assert types("a", None) == {"p": "string"}
    assert types("2026-03-02", "2026-03-02T10:00:00Z") == {"p": "date"}
    assert types("2026-03-02", "soon") == {"p": "string"}
    assert types("20260302") == {"p": "string"}  # a number as well
    assert types(1, 2) == {"p": "integer"}
    assert types(1, 2.5) == {"p": "number"}
    assert types(True) == {"p": "boolean"}
    assert types(1, "a") == {"p": "any"}
    assert types(None) == {"p": "any"}
    assert types({"a": {"b": 1}}) == {
        "p": "object",
        "p.a": "object",
        "p.a.b": "integer",
    }
    assert types([{"sku": "a"}], [{"sku": "b"}]) == {"p": "array", "p.$.sku": "string"}
    assert types(["a"]) == {"p": "array", "p.$": "string"}
    assert types([]) == {"p": "array"}
    assert types({"a": 1}, "a") == {"p": "any"}


def test_properties_present_in_enough_events_are_required():
    events = [
        track(id="a", sku=None if n else "x", in_={"a": 1}) for n in range(ENOUGH)
    ]

    learned = {each.planned.path: each for each in one(*events).properties}

    assert learned["id"].planned.required
    assert learned["in_.a"].planned.required
    assert (learned["sku"].planned.required, learned["sku"].share) == (
        False,
        1 / ENOUGH,
    )
    assert not any(each.planned.required for each in one(*events[1:]).properties)


def test_properties_that_identify_a_person_are_sensitive_by_name_or_value():
    learned = one(
        track(
            email="",
            who="ada@postbox.example",
            call="+1 202 555 0100",
            at="198.51.100.7",
            plan="pro",
        )
    )

    sensitive = {
        each.planned.path for each in learned.properties if each.planned.sensitive
    }

    assert sensitive == {"email", "who", "call", "at"}
    assert all(each.planned.example is None for each in learned.properties)


def test_the_context_is_inferred_without_stamped_fields_and_requires_nothing():
    event = track() | {"context": {"integration": {}, "library": {}, "userAgent": "x"}}

    [learned] = one(*[event] * ENOUGH).context

    assert (learned.planned.path, learned.planned.required) == ("userAgent", False)


def test_traits_are_the_properties_of_an_identify():
    learned = one({"type": "identify", "traits": {"name": "Ada"}})

    assert [each.planned.path for each in learned.properties] == ["name"]
    assert learned.properties[0].planned.sensitive


def test_names_that_contain_values_do_not_crowd_out_others():
    lesson = learn([*(track(f"Clicked button {n}") for n in range(300)), track()])

    assert "Email Opened" in {each.name for each in lesson.events}
    assert len(lesson.events) == 1 + inference.MAX_KINDS // 10
    assert lesson.left_out == 300 - inference.MAX_KINDS // 10


def test_keys_that_are_data_are_not_inferred():
    by_id = {f"id-{n}": 1 for n in range(500)}

    learned = one(track(by_id=by_id, **{"a.b": 1}))

    assert [each.planned.path for each in learned.properties] == ["by_id"]
    assert learned.is_cut


def test_a_planned_event_gets_missing_parts_and_keeps_its_own():
    planned = PlannedEvent(name="Email Opened", properties=(
        PlannedProperty(path="id", type="integer", example=5),
        PlannedProperty(path="address", required=True),
    ))  # fmt: skip
    seen = one(track(id="a", address={"city": "Rome"}, plan="pro")).event

    after = extended(planned, seen)

    assert after.properties[:2] == planned.properties
    assert [each.path for each in after.properties[2:]] == ["plan"]


KEYS = st.text(st.characters(codec="utf-8"), max_size=4) | st.sampled_from(
    ["a", "b", "$", "a.b"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS, inside, max_size=4),
    max_leaves=20,
)  # fmt: skip
EVENTS = st.builds(
    lambda call, name, properties, context: {
        "type": call, "event": name, "properties": properties, "traits": properties,
        "context": context,
    },
    st.sampled_from(["track", "identify", "group", "page", "screen", "alias"]),
    st.sampled_from(["Email Opened", "Sent", " x", ""]),
    st.dictionaries(KEYS, VALUES, max_size=4),
    st.dictionaries(KEYS, VALUES, max_size=3),
)  # fmt: skip


@given(st.lists(EVENTS, max_size=25))
def test_any_events_conform_to_the_plan_inferred_from_them(events):
    lesson = learn(events)

    plan = TrackingPlan(events=tuple(each.event for each in lesson.events))
    assert plan_errors(plan) == []
    assert sum(each.count for each in lesson.events) + lesson.left_out == len(events)
    checks = CompiledPlan(plan)
    whole = {(each.call, each.name) for each in lesson.events if not each.is_cut}
    for event in events:
        name = event["event"] if event["type"] == "track" else ""
        if (event["type"], name) in whole:
            assert checks.check(event) == []
