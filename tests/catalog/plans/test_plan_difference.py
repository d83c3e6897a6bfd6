from __future__ import annotations

import pytest

from streams.catalog.plans.diff import EventChange, plan_difference
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan

CAMPAIGN = PlannedProperty(path="campaign_id")
OPENED = PlannedEvent(name="Email Opened", properties=(CAMPAIGN,))
PAGE = PlannedEvent(call="page")


def said(old: tuple[PlannedEvent, ...], new: tuple[PlannedEvent, ...]):
    """Return each event's change, and its details."""
    found = plan_difference(TrackingPlan(events=old), TrackingPlan(events=new))
    return [
        (one.event.name, one.change, [f"{d.path} {d.words}".strip() for d in one.details])
        for one in found.events
    ]  # fmt: skip


def with_(*properties: PlannedProperty, **fields) -> PlannedEvent:
    return PlannedEvent(name="Email Opened", properties=properties, **fields)


def test_events_are_added_removed_and_renamed():
    clicked = PlannedEvent(name="Email Link Clicked")
    renamed = PlannedEvent(name="Email Read", properties=(CAMPAIGN,))

    assert said((OPENED, PAGE), (renamed, clicked)) == [
        ("Email Read", EventChange.RENAMED, []),
        ("Email Link Clicked", EventChange.ADDED, []),
        ("", EventChange.REMOVED, []),
    ]


def test_another_name_with_other_properties_is_another_event():
    assert said((OPENED,), (PlannedEvent(name="Email Read"),)) == [
        ("Email Read", EventChange.ADDED, []),
        ("Email Opened", EventChange.REMOVED, []),
    ]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (with_(), ["campaign_id removed"]),
        (with_(CAMPAIGN, when="Soon."), ["Trigger changed"]),
        (
            with_(CAMPAIGN, context=(PlannedProperty(path="ip", required=True),)),
            ["context.ip added (string, required)"],
        ),
        (
            with_(PlannedProperty(path="campaign_id", type="integer", required=True)),
            ["campaign_id type changed from string to integer, now required"],
        ),
        (
            with_(PlannedProperty(path="campaign_id", sensitive=True, example="a")),
            ["campaign_id now sensitive, example added"],
        ),
        (
            with_(PlannedProperty(path="campaign_id", description="Ours")),
            ["campaign_id description added"],
        ),
    ],
)
def test_changes_within_an_event_are_listed(now, words):
    assert said((OPENED,), (now,)) == [("Email Opened", EventChange.CHANGED, words)]


def test_a_new_order_is_reported_if_nothing_else_changes():
    two = (CAMPAIGN, PlannedProperty(path="link_id"))
    assert said((with_(*two),), (with_(*reversed(two)),)) == [
        ("Email Opened", EventChange.CHANGED, ["Order of the properties changed"])
    ]

    found = plan_difference(
        TrackingPlan(events=(OPENED, PAGE)), TrackingPlan(events=(PAGE, OPENED))
    )
    assert (found.events, found.summary) == ((), "The order of the events changed.")


def test_the_difference_is_summarized_in_a_sentence():
    old = TrackingPlan(events=(OPENED, PAGE))
    new = TrackingPlan(events=(with_(), PlannedEvent(call="screen"), PlannedEvent(call="group")))  # fmt: skip

    assert plan_difference(old, new).summary == "2 events added, 1 event removed, 1 event changed."  # fmt: skip
    assert not plan_difference(old, old)
    assert plan_difference(TrackingPlan(), TrackingPlan(events=(PAGE,))).summary == "1 event added."  # fmt: skip
