"""Each check passes and fails for its own reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from streams.catalog.plans.plan import PlannedEvent, TrackingPlan
from streams.connections.regions import Region
from streams.review.qa.checklist import check
from streams.review.qa.checklist_line import ChecklistLine, CheckState
from streams.review.qa.observations import (
    Observations,
    ObservedPage,
    UserIdDoubt,
    doubt,
    observe,
)
from streams.review.qa.request_rate import busiest_second
from streams.spec.issues import error, warning
from tests.review.sample_observations import event, passing, refused, request, requests

EVENTS = passing().events
PASSED, FAILED, UNSEEN = CheckState.PASSED, CheckState.FAILED, CheckState.UNSEEN


def line(name: str, facts: Observations) -> ChecklistLine:
    return next(one for one in check(facts).lines if one.name == name)


def not_passing(facts: Observations) -> dict[str, CheckState]:
    """Return the checks that do not pass."""
    return {one.name: one.state for one in check(facts).open}


def test_all_checks_pass_for_a_correct_stream():
    assert check(passing()).complete
    assert not_passing(passing()) == {}


def test_before_the_first_event_no_check_fails_or_passes():
    nothing = Observations(slug="postbox", plan=None)

    assert set(not_passing(replace(nothing, pages=passing().pages)).values()) == {
        UNSEEN
    }
    assert not check(nothing).complete


def test_simulated_events_make_no_check_pass():
    simulated = passing(
        events=tuple(replace(one, is_simulated=True) for one in EVENTS),
        requests=tuple(replace(one, is_simulated=True) for one in passing().requests),
    )

    states = {one.name: one.state for one in check(simulated).lines}

    assert states.pop("pages") is PASSED
    assert set(states.values()) == {CheckState.SIMULATED}
    assert line("rules", simulated).why == (
        "4 events checked, no errors found. The events are simulated. To pass, send them"
        " from your tool."
    )


def test_own_events_count_without_the_simulated_ones():
    half = [replace(one, is_simulated=True) for one in EVENTS[:2]]

    facts = passing(events=(*half, *EVENTS[2:]))

    assert not_passing(facts) == {
        "planned": CheckState.SIMULATED,
        "walk": CheckState.SIMULATED,
    }


def test_a_fault_of_a_simulated_event_is_shown():
    facts = passing(
        events=(event(1, EVENTS[0].name, error="Bad (X)", is_simulated=True),)
    )

    assert line("rules", facts).state is FAILED


def broken(**changes) -> Observations:
    """Return passing observations with one more event, which has a fault."""
    return passing(events=(*EVENTS, event(5, "Email Opened", **changes)))


@pytest.mark.parametrize(
    ("facts", "states"),
    [
        (passing(events=EVENTS[:3]), {"planned": UNSEEN, "walk": UNSEEN}),
        (passing(events=EVENTS[::-1]), {"walk": FAILED}),
        (broken(user_id="", doubt=UserIdDoubt.MISSING), {"user-id": FAILED}),
        (passing(errors=(refused("SPEC-ID-001", "userId", "No userId."),)), {"user-id": FAILED, "rules": FAILED}),
        (passing(errors=(refused("SPEC-ID-004", "groupId", "No groupId."),)), {"rules": FAILED}),
        (passing(events=tuple(replace(one, is_from_segment=False) for one in EVENTS)), {"user-id-as-sent": UNSEEN}),
        (broken(is_from_segment=False), {}),
        (passing(errors=(refused("IDENTITY-CONTRADICTS", "userId", "Another one."),)), {"user-id-as-sent": FAILED, "rules": FAILED}),
        (passing(errors=(refused("IDENTITY-TOOL-ID", "userId", "The tool's."),)), {"user-id-as-sent": FAILED, "rules": FAILED}),
        (broken(says_where_from=False), {"integration": FAILED}),
        (broken(error="Wrong. (SPEC-NAME-003)"), {"rules": FAILED}),
        (passing(requests=passing().requests[:1]), {"regions": UNSEEN}),
        (passing(requests=passing().requests[1:]), {"regions": UNSEEN}),
        (passing(requests=(*passing().requests, request(3, events=2_501))), {"batches": FAILED}),
        (passing(requests=(*passing().requests, request(3, events=2_500))), {}),
        (passing(requests=(*passing().requests, request(3, body_bytes=500_001))), {"batches": FAILED}),
        (passing(requests=passing().requests + requests(51, every_ms=10)), {"rate": FAILED}),
        (passing(pages=(ObservedPage(kind="source", label="Source page", version=None),)), {"pages": UNSEEN}),
        (passing(plan=None), {"planned": UNSEEN, "walk": UNSEEN}),
    ],
)  # fmt: skip
def test_one_fault_affects_its_own_check(facts, states):
    assert not_passing(facts) == states


def test_an_event_without_required_properties_is_not_complete():
    partly = [replace(one, is_complete=one.seq != 2) for one in EVENTS]

    planned = line("planned", passing(events=tuple(partly)))

    assert (planned.state, planned.evidence) == (FAILED, (partly[1],))
    assert planned.why.endswith("missing in: Email Opened.")


def test_another_call_of_the_same_name_is_another_event():
    plan = TrackingPlan(
        events=(PlannedEvent(name="Home"), PlannedEvent(call="screen", name="Home"))
    )

    planned = line("planned", passing(plan=plan, events=(event(1, "Home"),)))

    assert planned.why == "1 of 2 arrived. Still missing: Home."


def test_a_call_planned_without_a_name_matches_any_name():
    plan = TrackingPlan(
        events=(PlannedEvent(call="page"), PlannedEvent(call="page", name="Prices"))
    )
    prices = event(1, "Prices", call="page")
    home = event(2, "Home", call="page")

    assert line("planned", passing(plan=plan, events=(prices,))).state is UNSEEN
    assert check(passing(plan=plan, events=(home, replace(prices, seq=3)))).complete


def test_an_event_counts_once_it_was_sent_complete():
    partly = replace(EVENTS[1], is_complete=False)

    assert line("planned", passing(events=(partly, *EVENTS))).state is PASSED


def test_a_region_counts_once_it_received_something():
    refused = request(2, region=Region.SANDBOX_EU, was_delivered=False)

    regions = line("regions", passing(requests=(request(1), refused)))

    assert (regions.state, regions.why) == (
        UNSEEN, "No events have been delivered yet to: Europe.",
    )  # fmt: skip


def test_segments_own_regions_count_as_the_sandbox_does():
    there = (request(1, region=Region.US), request(2, region=Region.EU))

    assert line("regions", passing(requests=there)).state is PASSED


def test_problems_are_listed_with_the_newest_events_first():
    wrong = [event(n, "Email Opened", doubt=UserIdDoubt.MISSING) for n in range(10, 17)]

    user_id = line("user-id", passing(events=(*EVENTS, *wrong)))

    assert user_id.why == "7 of 11 calls have no userId."
    assert [one.seq for one in user_id.evidence] == [16, 15, 14, 13, 12]


# --- The journey -------------------------------------------------------------------------


def test_the_journey_is_of_one_person_in_one_workspace():
    of_two = [replace(one, user_id=f"user-{one.seq % 2}") for one in EVENTS]
    in_two = [replace(one, workspace=f"qa-{one.seq % 2}") for one in EVENTS]

    assert line("walk", passing(events=tuple(of_two))).state is UNSEEN
    assert line("walk", passing(events=tuple(in_two))).state is UNSEEN


def test_other_events_may_come_between_the_steps():
    between = event(9, "Email Opened", user_id="user-2")
    events = [one for step in EVENTS for one in (step, between)]

    assert line("walk", passing(events=tuple(events))).state is PASSED


def test_the_next_step_is_named():
    walk = line("walk", passing(events=EVENTS[:2]))

    assert walk.why == "2 of 4 arrived in order. Next: Email Link Clicked."
    assert walk.evidence == EVENTS[:2]


def test_the_other_name_in_segments_docs_ends_the_journey_too():
    walked = tuple(
        replace(one, name=f"Email {one.name}") if one.name == "Unsubscribed" else one
        for one in EVENTS
    )
    names = ("Email Bounced", *(one.name for one in walked))
    plan = TrackingPlan(events=tuple(PlannedEvent(name=name) for name in names))

    walk = line("walk", passing(plan=plan, events=walked))

    assert walk.state is PASSED
    assert walk.title.startswith("One user completed Segment's test sequence")


def test_a_plan_without_segments_events_has_its_own_order():
    plan = TrackingPlan(
        events=(PlannedEvent(call="identify"), PlannedEvent(name="Survey Answered"))
    )
    events = (event(1, "", call="identify"), event(2, "Survey Answered"))

    assert check(passing(plan=plan, events=events)).complete
    assert line("walk", passing(plan=plan, events=events[::-1])).state is FAILED


# --- Requests per second -----------------------------------------------------------------


def test_each_request_that_may_have_arrived_within_the_second_counts():
    steady = requests(200, every_ms=25, duration_ms=5)

    # From the end of one on: itself, and those that start within the second.
    assert len(busiest_second(steady)) == 1 + 40


def test_the_portals_own_pace_never_exceeds_the_limit():
    first = requests(50, every_ms=0, duration_ms=5)
    later = [replace(r, started_at=r.ended_at + timedelta(seconds=1)) for r in first]

    assert len(busiest_second((*first, *later))) == 50
    early = replace(later[0], started_at=first[0].ended_at + timedelta(seconds=0.999))
    assert len(busiest_second((*first, early))) == 51


def test_a_slow_request_may_arrive_at_any_time():
    slow = request(99, duration_ms=60_000)

    assert slow in busiest_second((slow, *requests(10, every_ms=2_000)))


def test_without_requests_the_rate_is_zero():
    assert busiest_second(()) == []


# --- Details of an event -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, UserIdDoubt.NONE),
        ({"userId": None}, UserIdDoubt.MISSING),
        ({"userId": ""}, UserIdDoubt.MISSING),
        ({"userId": "ada@example.com"}, UserIdDoubt.EMAIL),
        ({"userId": "7", "anonymousId": "7"}, UserIdDoubt.ANONYMOUS_ID),
        ({"anonymousId": "8"}, UserIdDoubt.NONE),
        ({"context": {"postbox": {"id": "7"}}}, UserIdDoubt.NONE),
        ({"context": {"postbox": {"id": "u1"}}}, UserIdDoubt.OWN_ID),
        ({"context": {"postbox": "u1"}}, UserIdDoubt.OWN_ID),
        ({"context": {"postboxId": "u1"}}, UserIdDoubt.OWN_ID),
        ({"context": {"mailer_id": "u1"}}, UserIdDoubt.OWN_ID),
        ({"context": {"mailer_id": "7", "userId": "u1"}}, UserIdDoubt.NONE),
        ({"context": {"postbox": {"id": ["u1"]}}}, UserIdDoubt.NONE),
        ({"context": {"app": {"id": "u1"}}}, UserIdDoubt.NONE),
        ({"context": ["u1"]}, UserIdDoubt.NONE),
    ],
)
def test_user_ids_are_classified(changes, told):
    assert doubt({"type": "track", "userId": "u1", **changes}, "postbox") == told


def seen(content: dict, *findings):
    told = {"workspace": "qa-us", "seq": 1, "slug": "postbox", "version": "1.0.0"}
    return observe(
        {"type": "track", "event": "A", "userId": "u"} | content, findings, **told
    )


def test_context_integration_is_exactly_the_slug_and_the_version():
    right = {"name": "postbox", "version": "1.0.0"}

    assert seen({"context": {"integration": right}}).says_where_from
    for wrong in (right | {"version": "1.0.1"}, right | {"x": 1}, "postbox", None):
        assert not seen({"context": {"integration": wrong}}).says_where_from


def test_errors_count_and_warnings_do_not():
    missing = error("PLAN-REQUIRED-001", "properties.a", "a is missing.", "Send it.")
    advice = warning("PLAN-PROPERTY-001", "properties.b", "b is unknown.", "Add it.")

    assert seen({}, advice, missing).error == "a is missing. (PLAN-REQUIRED-001)"
    assert not seen({}, advice, missing).is_complete
    assert (seen({}, advice).error, seen({}, advice).is_complete) == ("", True)
