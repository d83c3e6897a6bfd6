from __future__ import annotations

import logging

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.catalog.plans.plan import PlannedEvent, TrackingPlan
from streams.catalog.plans.services import replace_draft
from streams.events.models import Event

PURCHASE = """{
  "type": "track",
  "userId": "u1",
  "event": "Purchase",
  "properties": {"revenue": "9"}
}"""


@pytest.fixture
def check(as_dev, cast):
    url = reverse(
        "portal:partner-stream-plan-check", args=[cast.partner.slug, cast.stream.slug]
    )

    def check(events: str, plan: str = "spec"):
        return as_dev.post(url, {"events": events, "plan": plan})

    return check


def noted(page) -> list[tuple[int, str]]:
    """Return the line and the rule of each issue."""
    return [
        (row.number, annotation.issue.rule)
        for event in page.context["events"]
        for row in event.rows
        for annotation in row.annotations
    ]


def test_issues_are_shown_below_their_lines(check):
    page = check(PURCHASE)

    assert noted(page) == [(4, "SPEC-NAME-003"), (5, "SPEC-MONEY-002")]
    below = page.text.split("Purchase&quot;</span>,</code></div>")[1]
    assert below.lstrip().startswith('<div class="remark bad">')
    assert 'href="/docs/guide/rules/#SPEC-NAME-003"' in below
    assert "Send it as “Order Completed”." in below


def test_each_event_of_a_batch_keeps_its_lines(check):
    page = check(f'{{"batch": [\n{PURCHASE},\n{PURCHASE}\n]}}')

    assert [line for line, rule in noted(page) if rule == "SPEC-NAME-003"] == [5, 11]


def test_a_long_line_is_shown_with_an_indent(check):
    page = check(" ".join(PURCHASE.split()) + "\n" + " ".join(PURCHASE.split()))

    (first, second) = page.context["events"]
    assert (first.is_indented, second.line) == (False, 2)
    long = check(PURCHASE.replace("\n", "").replace("u1", "u" * 90))
    assert long.context["events"][0].is_indented
    assert noted(long)[0] == (4, "SPEC-NAME-003")


def test_invalid_json_is_reported_by_line_and_column(check):
    page = check('{\n  "type": "track",\n}')

    assert "Line 3, column 1: Unexpected comma before this" in page.text
    assert noted(page) == [(3, "SPEC-JSON-001")]


def test_the_draft_is_used_if_it_is_selected(check, cast):
    plan = TrackingPlan(events=(PlannedEvent(name="Order Completed"),))
    replace_draft(stream=cast.stream, plan=plan, what="", actor=None)

    by_spec, by_draft = check(PURCHASE), check(PURCHASE, "draft")

    assert (4, "PLAN-EVENT-001") not in noted(by_spec)
    [event] = by_draft.context["events"]
    [fault] = event.rows[3].annotations
    assert (fault.issue.rule, fault.also[0].rule) == ("SPEC-NAME-003", "PLAN-EVENT-001")
    assert event.counts == ["1 error", "1 warning"]  # one fault by two rules
    assert "This event is not in the stream&#x27;s tracking plan." in by_draft.text


def test_lines_of_a_long_event_far_from_any_issue_are_omitted(check):
    lines = ",\n".join(f'"key_{"x" * at}": 1' for at in range(100))
    page = check(PURCHASE.replace('"revenue": "9"', f"\n{lines}"))

    (event,) = page.context["events"]
    assert sum(row.left_out or 1 for row in event.rows) == len(lines.split("\n")) + 6
    assert len(event.rows) < 20


@pytest.mark.parametrize("text", ["", "  ", "[]", "x" * 200_001])
def test_a_text_without_an_event_is_reported_as_such(check, text):
    page = check(text)

    assert page.context["form"].errors["events"]
    assert "events" not in page.context


def test_nothing_is_sent_stored_or_logged(check, caplog):
    entries = AuditEntry.objects.count()
    with caplog.at_level(logging.DEBUG):
        check(PURCHASE.replace("u1", "secret-id"))

    assert (Event.objects.count(), AuditEntry.objects.count()) == (0, entries)
    assert "secret-id" not in caplog.text
