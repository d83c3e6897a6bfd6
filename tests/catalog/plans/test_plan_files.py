from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from streams.catalog.plans.files.importing import MAX_BYTES, read_plan, read_text
from streams.catalog.plans.files.problems import InvalidPlanFile
from streams.catalog.plans.files.schema_writer import to_schema
from streams.catalog.plans.files.yaml_writer import to_yaml
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.validation import plan_errors

P = PlannedProperty
ORDER = PlannedEvent(
    name="Order Completed",
    when="A customer completes a purchase.",
    properties=(
        P(path="order_id", required=True, example="50314b8e", description="Yours"),
        P(path="total", type="number", required=True, example=27.5),
        P(path="paid_at", type="date"),
        P(path="email", sensitive=True),
        P(path="address.city"),
        P(path="products", type="array", required=True),
        P(path="products.$.sku", required=True),
        P(path="tags.$", required=True),
        P(path="extra", type="any", required=True),
    ),
    context=(P(path="ip", sensitive=True),),
)
PLAN = TrackingPlan(
    events=(ORDER, PlannedEvent(call="page"), PlannedEvent(call="alias"))
)

# Texts that YAML would interpret, or that break a line.
ODD = ["no", "on", "~", "null", "1:30", "0x1f", "1e5", ".inf", "2026-03-02", "=", "<<", "- a", "a: b", "# a", "&a", "*a", "!!str", "%", "'", '"', "a\nb", " a ", "\u2028\x85\ufeff", "\x07\x7f", "🦄", "{}", "[", "---", "..."]  # fmt: skip
texts = st.sampled_from(ODD) | st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=4,
)
# Few keys, so that paths nest and come in any order.
keys = st.sampled_from(["a", "b", "$", "no", "1", "~", "a/b", "e mail"])


@st.composite
def properties(draw):
    path = ".".join(draw(st.lists(keys, min_size=1, max_size=4)))
    kind, example = draw(
        st.sampled_from(["string", "date", "object", "array"]).map(lambda one: (one, None))
        | st.tuples(st.just("string"), texts)
        | st.tuples(st.just("any"), values)
    )  # fmt: skip
    return P(
        path=path,
        type=kind,
        example=example,
        required=draw(st.booleans()),
        sensitive=draw(st.booleans()),
        description=draw(texts),
    )


plans = st.builds(
    TrackingPlan,
    events=st.lists(
        st.builds(
            PlannedEvent,
            call=st.sampled_from(["track", "page", "identify", "alias"]),
            name=st.just("") | texts,
            when=texts,
            properties=st.lists(properties(), max_size=4).map(tuple),
            context=st.lists(properties(), max_size=2).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
)


def as_schema(plan: TrackingPlan) -> str:
    return to_schema(plan, title="Postbox")


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidPlanFile) as unreadable:
        read_plan(text)
    return [str(error) for error in unreadable.value.errors]


def good_part(plan: TrackingPlan) -> TrackingPlan:
    """Return the valid events, each with its valid properties."""
    events = []
    for event in plan.events:
        for field in ("properties", "context"):
            kept: tuple = ()
            for planned in getattr(event, field):
                longer = with_(event, **{field: (*kept, planned)})
                if not plan_errors(TrackingPlan(events=(longer,))):
                    kept = (*kept, planned)
            event = with_(event, **{field: kept})
        if not plan_errors(TrackingPlan(events=(*events, event))):
            events.append(event)
    return TrackingPlan(events=tuple(events))


def with_(event, **fields):
    given = {"call": event.call, "name": event.name, "when": event.when}
    empty: dict = {"properties": (), "context": ()}
    if "context" in fields:
        empty["properties"] = event.properties
    return PlannedEvent(**given, **{**empty, **fields})


@settings(max_examples=40)
@given(plans)
def test_a_written_plan_reads_back_the_same(plan):
    plan = good_part(plan)
    assume(plan.events)

    assert read_plan(to_yaml(plan)).plan == plan
    assert read_plan(as_schema(plan)).plan == plan


@pytest.mark.parametrize("write", [to_yaml, as_schema])
@pytest.mark.parametrize("plan", [PLAN, TrackingPlan()])
def test_a_full_plan_and_an_empty_one_read_back_the_same(write, plan):
    read = read_plan(write(plan))

    assert (read.plan, read.left_out) == (plan, ())
    assert read_plan(write(plan).replace("\n", "\r\n")).plan == plan  # by a form


def test_yaml_is_written_for_people():
    event = PlannedEvent(name="Email Opened", properties=ORDER.properties[:1])

    assert to_yaml(TrackingPlan(events=(event,))).splitlines() == [
        "events:",
        "- call: track",
        "  name: Email Opened",
        "  properties:",
        "    order_id:",
        "      type: string",
        "      required: true",
        "      example: 50314b8e",
        "      description: Yours",
    ]


def test_yaml_can_be_short_and_texts_need_no_quotation_marks():
    plan = read_plan(
        "events:\n- name: Email Opened\n  properties:\n    opened: {example: no}\n    at: {type: date, example: 2026-03-02}\n    id:"
    ).plan

    assert plan.events[0].properties == (
        P(path="opened", example="no"),
        P(path="at", type="date", example="2026-03-02"),
        P(path="id"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Line 1: Expected a mapping, such as “events:”."),
        ("events: 3", "Line 1: “events:” must be a list"),
        ("events: []\nevent: []", "Line 2: “event” is not a known key. Use one of: events."),
        ("events:\n- nam: A", "Line 2: “nam” is not a known key."),
        ("events:\n- name: 404", "Line 2: “name” must be a string. Put it in quotation marks."),
        ("events:\n- name: A\n  properties:\n    a:\n      type: text", "Line 5: “text” is not a type."),
        ("events:\n- name: A\n  properties:\n    a: {required: yes}", "Line 4: “required” must be true or false."),
        ("events:\n- name: A\n  properties: [a]", "Line 3: Expected a mapping, such as"),
        ("events:\n- name: A\n  name: B", "Line 3: “name” is listed twice."),
        ("a: &x 1\nb: *x", "Line 1: Anchors and aliases (& and *) are not supported."),
        ("events:\n- *x", "Line 2: Anchors and aliases (& and *) are not supported."),
        ("events: !!python/object:os.system {}", "Line 1: Tags are not supported. Remove"),
        ("? [a]\n: b", "Line 1: A key must be plain text."),
        ("events: []\n---\nevents: []", "Line 2: The file has a second document."),
        ("events: [", "Line 2: The file is not valid YAML: did not find expected node content."),
        ("events: \0", "The file is not valid YAML"),
        (f"events: {'9' * 500}", "Line 1: A number can have at most 400 digits."),
        ("[" * 60, "Line 1: The file is nested more than 40 levels deep."),
        ("[" * 10_000, "Line 1: The file is not valid YAML: exceeded maximum nesting depth."),
        ("events:\n- name: A\n- name: A", "A: The plan has two events with this name."),
    ],
)  # fmt: skip
def test_problems_in_yaml_are_reported_with_their_line(text, told):
    assert problems(text)[0].startswith(told)


def schema(properties: object, **more: object) -> str:
    """Return the schema of one event A with these properties."""
    fields = {"type": {"const": "track"}, "event": {"const": "A"}, "properties": {"properties": properties}}  # fmt: skip
    return json.dumps({"$defs": {"A": {"properties": fields, **more}}})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "“$defs” is missing. Describe each event in an entry of “$defs”."),
        ('{"a":\n}', "Line 2: The file is not valid JSON: Expecting value."),
        ('{"$defs": {}, "$defs": {}}', "The file is not valid JSON: “$defs” is listed twice in one object."),
        ('{"$defs": NaN}', "The file is not valid JSON: NaN is not a JSON number."),
        ('{"$defs": %s}' % ("[" * 100_000), "The JSON is nested too deeply."),
        ('{"$defs": {"A": {}}}', "A › properties: Expected a mapping, such as"),
        ('{"$defs": {"A": {"properties": {"type": {}}}}}', "A › properties › type: The constant of “type” must be one of: "),
        (schema({"a": 1}), "A › properties › properties › properties › a: Expected a mapping, such as"),
        (schema({"a": {"$ref": "#"}}), "A › properties › properties › properties › a › $ref: “$ref” is not supported."),
        (schema({"a": {"type": ["string", "object"]}}), "A › properties › properties › properties › a › type: A property must have exactly one supported type, not: object, string."),
        (schema({"a.b": {}}), "A › properties › properties › properties › a.b: A plan can't contain a property with this name."),
        (schema({"a": {"x-order": "1"}}), "A › properties › properties › properties › a › x-order: “x-order” must be an integer."),
        (schema({"a": {"type": "integer", "examples": ["x"]}}), "A, a: The example doesn't have the type integer."),
    ],
)  # fmt: skip
def test_problems_in_a_schema_are_reported_with_their_path(text, told):
    assert problems(text)[0].startswith(told)


def test_a_foreign_schema_is_read_and_ignored_parts_are_listed():
    item = {"type": "object", "properties": {"sku": {"type": "string"}}}
    read = read_plan(
        schema(
            {
                "n": {"type": ["integer", "number"], "minimum": 1},
                "at": {"type": "string", "format": "date"},
                "items": {"type": "array", "items": item},
                "tags": {"items": {"type": "string"}},
            }
        )
    )

    assert read.plan.events[0].properties == (
        P(path="n", type="number"),
        P(path="at", type="date"),
        P(path="items", type="array"),
        P(path="items.$.sku"),
        P(path="tags", type="any"),
        P(path="tags.$"),
    )
    assert read.left_out == ("A › properties › properties › properties › n › minimum",)


def test_a_schema_requires_of_a_call_what_the_plan_requires():
    call = json.loads(as_schema(PLAN))["$defs"]["track Order Completed"]
    content = call["properties"]["properties"]

    assert call["required"] == ["type", "event", "properties"]
    assert call["properties"]["event"] == {"const": "Order Completed"}
    assert content["required"] == ["order_id", "total", "products", "extra"]
    assert content["additionalProperties"] is False
    assert content["properties"]["paid_at"] == {
        "type": ["string", "null"],
        "format": "date-time",
    }
    item = content["properties"]["products"]["items"]
    assert item["required"] == ["sku"]
    assert "additionalProperties" not in call["properties"]["context"]


def test_a_file_must_be_utf_8_and_of_limited_size():
    assert read_text(b"\xef\xbb\xbfa: b") == "a: b"
    for content, told in (
        (b"a" * (MAX_BYTES + 1), "larger than 1,000,000 bytes"),
        (b"a\nb: \xff", "Line 2: The file is not valid UTF-8."),
    ):
        with pytest.raises(InvalidPlanFile, match=told):
            read_text(content)
