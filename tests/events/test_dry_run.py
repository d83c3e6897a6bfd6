"""A dry run reports the same issues as ingest and the command."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from streams.catalog.models import Stream
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.events.dry_run import DryRun, DryRunOutcome
from streams.spec.check.pasted_events import pieces_of
from tests import factories

ORDER = (
    '{"type": "track", "userId": "u1", "event": "Order Completed", "properties": %s}'
)
SENT = [
    ORDER % '{"revenue": "9", "Total Price": 1}',
    '{"type": "track", "userId": "u1", "event": "Purchase"}',
    '{"type": "track", "userId": 7, "event": "order completed"}',
    '{"type": "page"}',
    '{"type": "track",',
    '{"type": "track", "userId": "u1", "event": "A", "x": NaN}',
    '{"type": "track", "userId": "u1", "event": "A", "timestamp": "2999-01-01T00:00:00Z"}',
    "7",
]
PLAN = TrackingPlan(
    events=(
        PlannedEvent(
            name="Order Completed",
            properties=(PlannedProperty(path="order_id", required=True),),
            context=(PlannedProperty(path="integration.name", required=True),),
        ),
    )
)


def trial(plan=None, **fields) -> DryRun:
    return DryRun(Stream(slug="postbox", name="Postbox", **fields), plan)


def rules(verdict) -> list[str]:
    return [issue.rule for issue in verdict.issues]


def test_a_dry_run_reports_the_same_spec_issues_as_the_command(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(SENT))
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_events", str(file), format="json", stdout=out)
    by_command = [json.loads(line)["findings"] for line in out.getvalue().splitlines()]

    tried = [
        trial().of(line.encode(), now=factories.NOW)
        for line in SENT
        if "2999" not in line
    ]

    said = [[one.message for one in verdict.issues] for verdict in tried]
    del by_command[6]  # of it the two are asked at different times
    assert said == [[one["message"] for one in found] for found in by_command]
    assert len(pieces_of("\n".join(SENT[:-1])).pieces) == len(SENT) - 1


def test_the_plan_is_checked_against_what_segment_would_receive():
    verdict = trial(PLAN).of((ORDER % "{}").encode(), now=factories.NOW)

    assert rules(verdict) == ["PLAN-REQUIRED-001"]  # the portal adds the context


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        ("off", DryRunOutcome.SENT),
        ("warn", DryRunOutcome.SENT),
        ("quarantine", DryRunOutcome.QUARANTINED),
        ("reject", DryRunOutcome.REJECTED),
    ],
)
def test_the_status_of_an_error_depends_on_the_validation_mode(mode, outcome):
    tried = trial(PLAN, check_mode=mode)

    assert tried.of((ORDER % "{}").encode(), now=factories.NOW).outcome is outcome
    assert (
        tried.of(b'{"type": "page"}', now=factories.NOW).outcome
        is DryRunOutcome.REFUSED
    )
    assert (
        tried.of((ORDER % '{"order_id": "1"}').encode(), now=factories.NOW).outcome
        is DryRunOutcome.SENT
    )


def test_an_event_that_becomes_too_large_with_added_fields_is_refused():
    event = ORDER % json.dumps({"text": "x" * (32 * 1024 - len(ORDER) - 20)})

    verdict = trial().of(event.encode(), now=factories.NOW)

    assert (verdict.outcome, rules(verdict)[0]) == (
        DryRunOutcome.REFUSED,
        "SPEC-SIZE-001",
    )


PERSON = '{"type": "track", "event": "Order Completed", "person": {"id": "7"}}'


def test_an_event_whose_user_id_is_looked_up_is_checked_as_if_it_were_found():
    stream = {"identify_by": "tool_id", "unresolved": "set_aside"}

    verdict = trial(PLAN, check_mode="quarantine", **stream).of(
        PERSON.encode(), now=factories.NOW
    )

    assert rules(verdict) == ["IDENTITY-UNRESOLVED", "PLAN-REQUIRED-001"]
    assert verdict.issues[0].severity == "hint"
    assert verdict.event == json.loads(PERSON)
    assert verdict.outcome is DryRunOutcome.QUARANTINED


def test_an_event_without_a_user_id_says_why_it_is_not_looked_up():
    verdict = trial().of(PERSON.encode(), now=factories.NOW)

    assert rules(verdict) == ["SPEC-ID-001"]
    assert "doesn't look up userIds" in verdict.issues[0].message


@pytest.mark.parametrize(
    ("sent", "order"),
    [
        (PERSON, ""),
        (PERSON, "email"),
        ('{"type": "alias", "previousId": "a", "person": {"id": "7"}}', "tool_id"),
    ],
)
def test_other_events_without_a_user_id_are_refused(sent, order):
    verdict = trial(identify_by=order).of(sent.encode(), now=factories.NOW)

    assert "SPEC-ID-001" in rules(verdict)
    assert verdict.outcome is DryRunOutcome.REFUSED
