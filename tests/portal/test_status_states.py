"""Every combination of states of a delivery: one primary action, and no contradiction.

The decision is pure, so that thousands of combinations are tested. Pages are rendered for as
many as cover each pair of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations, islice, product
from random import Random
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.utils.html import strip_tags

from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.connections.write_keys import UNREADABLE
from streams.delivery.event_status import EventState
from streams.delivery.limits.send_policy import BlockCause, SendBlock
from streams.events.models import Feed
from streams.observability.feed_state.snapshot import Audience, FailedAttempt, Snapshot
from streams.observability.ledger import Ledger
from streams.portal.connection import verification
from streams.portal.shared.access import PartnerRole, Role, WorkspaceAccess
from streams.portal.status.actions import Action
from streams.portal.status.decision import decide
from streams.tenancy.models import Partner, Workspace
from tests.factories import NOW

EARLIER, LATER = NOW - timedelta(hours=3), NOW + timedelta(minutes=3)
STATUSES = {
    "not connected": {"status": None},
    "active": {"status": "active"},
    "paused": {"status": "paused"},
    "paused by the operator": {
        "status": "paused",
        "reason": "Their server floods us.",
    },
    "key rejected": {
        "status": "attention",
        "reason": "Segment rejected the write key (401).",
    },
    "events rejected": {
        "status": "attention",
        "reason": "Segment rejected 20 events in a row.",
    },
}
KNOWN = {
    "known": {"known": True, "known_at": EARLIER},
    "known since it was rejected": {"known": True, "known_at": NOW},
    "unknown key": {"known": False, "known_at": EARLIER},
    "not asked": {"known": None, "known_at": None},
}
SEEN = {
    "not seen": {},
    "seen before": {"seen_at": EARLIER - timedelta(hours=1)},
    "seen": {"seen_at": NOW - timedelta(hours=1)},
    "delivers unseen": {"seen_at": None, "delivered_at": EARLIER},
}
BLOCKS = {
    "no block": None,
    "halted": SendBlock(BlockCause.HALTED, "Segment has an outage."),
    "suspended": SendBlock(BlockCause.SUSPENDED),
    "draft": SendBlock(BlockCause.AWAITING_APPROVAL),
}
FAILURES = {
    "no failure": {},
    "503": {"failed": FailedAttempt(503), "next_attempt_at": LATER},
    "429": {"failed": FailedAttempt(429), "next_attempt_at": LATER},
    "no response": {"failed": FailedAttempt(None), "next_attempt_at": LATER},
    "due": {"failed": FailedAttempt(503), "next_attempt_at": EARLIER},
    "unreadable key": {"next_attempt_at": LATER},
}
QUEUES = {"empty": 0, "one": 1, "some": 12_340}
TESTS = {"no test": None, **{state.label: state for state in EventState}}
REPLAYS = {"no replay": 0, "replaying": 40}
DIMENSIONS = (
    STATUSES, KNOWN, SEEN, BLOCKS, FAILURES, QUEUES, list(Audience), REPLAYS, TESTS,
)  # fmt: skip
DECIDED = DIMENSIONS[:7]


def snapshot(status, known, seen, block, failure, queue, audience) -> Snapshot:
    fields = {**STATUSES[status], "status_at": NOW - timedelta(hours=2)}
    if fields["status"]:
        fields |= {**KNOWN[known], **SEEN[seen], "block": BLOCKS[block]}
        fails = {**FAILURES[failure], "failures": int(failure != "no failure")}
        if failure == "unreadable key" and status == "active":
            fails["reason"] = UNREADABLE
        fields |= fails
    queued = QUEUES[queue]
    kept_until = NOW + timedelta(days=30) if queued else None
    return Snapshot(
        now=NOW, queued=queued, kept_until=kept_until, audience=audience, **fields
    )


def most_combinations() -> Iterator[tuple[object, ...]]:
    """Yield every seventh combination, which still has each three values together."""
    return islice(product(*DECIDED), 0, None, 7)


def pairs(row: tuple[object, ...]) -> set[tuple[object, ...]]:
    return set(combinations(enumerate(row), 2))


def covering(dimensions) -> list[tuple[object, ...]]:
    """Return rows of the product that have each pair of values of two dimensions."""
    draw = Random(1)  # the same rows each time
    wanted = set().union(*(
        {((i, a), (j, b)) for a, b in product(dimensions[i], dimensions[j])}
        for i, j in combinations(range(len(dimensions)), 2)
    ))  # fmt: skip
    rows = []
    while wanted:
        (i, a), (j, b) = min(wanted, key=repr)
        drawn = [
            [draw.choice(list(values)) for values in dimensions] for _ in range(20)
        ]
        for one in drawn:
            one[i], one[j] = a, b
        best = max(map(tuple, drawn), key=lambda row: len(pairs(row) & wanted))
        wanted -= pairs(best)
        rows.append(best)
    return rows


# A text that matches the first must not match the second.
DENIALS = [
    (r"rejected the (write )?key(?! earlier)", r"Segment recognizes the key"),
    (r"doesn't recognize|not recognized", r"Segment recognizes|recognizes it now"),
    (r"No events are (sent|queued)", r"on the way|Sending|Next attempt|being made"),
    (
        r"Delivery (stopped|paused|halted)|Stream (suspended|awaiting)|Waiting for the operator",
        r"Next attempt|being made|on the way|Sending|Retry now|[Ss]end (a|another) test|Active since|rate limit|Up to date|replay is in progress",
    ),
    (r"the write key doesn't work", r"Resume delivery|You can resume|Confirm(ed)? test"),
    (r"Next attempt: |being made now", r"Sending the test|rate limit|Up to date"),
    (r"Next attempt: ", r"being made now"),
    (r"Resume delivery", r"Pause delivery"),
    (r"Replace write key", r"Change key or region(?!</a></p>)"),
    (r"No events are queued", r"[\d,]+ events? (is|are) (queued|on the way)"),
    (r"[Nn]ew events are queued", r"No events are queued|[\d,]+ events? (is|are) queued"),
    (r"Test event confirmed", r"Confirm a test event|not verified"),
]  # fmt: skip
NEVER = r"will be sent|accepts any key|[Dd]on't need to do anything|–\."


def contradictions(text: str) -> list[str]:
    found = [
        f"{a} / {b}" for a, b in DENIALS if re.search(a, text) and re.search(b, text)
    ]
    return found + re.findall(NEVER, text)


def test_no_status_contradicts_itself():
    wrong = {}
    for row in most_combinations():
        shown = decide(snapshot(*row))
        steps = [part for step in shown.steps for part in (step.title, step.detail)]
        labels = [str(one.label) for one in (shown.primary, *shown.secondary) if one]
        if found := contradictions(
            " ".join([shown.title, shown.detail, *steps, *labels])
        ):
            wrong[row] = found

    assert dict(list(wrong.items())[:5]) == {}


def test_a_key_that_does_not_work_has_one_way_on():
    for row in most_combinations():
        state = snapshot(*row)
        shown = decide(state)
        if state.key_is_bad and state.audience is Audience.EDITOR:
            assert shown.primary is Action.REPLACE_KEY, row
            assert shown.steps[1].tone == "bad", row
            assert Action.CHANGE not in shown.secondary, row
        if state.key_refused:
            assert Action.RESUME not in shown.secondary, row
            assert shown.next_attempt_at is None, row


def test_failed_attempts_are_shown_with_the_time_of_the_next_one():
    for row in most_combinations():
        state = snapshot(*row)
        is_ahead = state.retries and state.next_attempt_at == LATER
        assert ("Next attempt: " in decide(state).detail) is is_ahead, row


@pytest.mark.parametrize("row", covering(DIMENSIONS), ids=lambda row: ", ".join(map(str, row)))  # fmt: skip
@pytest.mark.parametrize("page", ["overview", "connection"])
def test_a_page_has_one_primary_action_and_no_contradiction(page, row):
    *decided, replaying, test = row
    state = snapshot(*decided)
    if page == "connection" and state.status is None:
        return  # a form takes the place of the page

    html = rendered(page, state, REPLAYS[replaying], TESTS[test])
    text = re.sub(r"\s+", " ", strip_tags(html)).replace("&#x27;", "'")

    assert contradictions(text) == []
    assert len(re.findall(r'class="button +first', html)) <= 1
    if state.audience is not Audience.EDITOR:
        assert "<form" not in html
        assert re.findall(r"paste the|Send (a|another) test|your (Segment )?source", text) == []  # fmt: skip
    if state.key_refused:
        assert "kept until" in text or not state.queued


def rendered(
    page: str, state: Snapshot, replaying: int, test: EventState | None
) -> str:
    """Render the part of a page that depends on the state, without a database."""
    partner = Partner(name="Postbox", slug="postbox")
    workspace = Workspace(partner=partner, name="Northwind", public_id="w1")
    feed = Feed(stream=Stream(name="Emails", slug="emails"), workspace=workspace)
    access = WorkspaceAccess(
        workspace=workspace,
        role=Role.EDITOR if state.audience is Audience.EDITOR else Role.VIEWER,
        partner_role=PartnerRole.ADMIN if state.audience is Audience.PARTNER else None,
        feeds=(feed,),
        feed=feed,
    )
    connection = Connection(
        region="us", key_last4="1234", created_at=EARLIER, status=state.status or "active",
        status_at=state.status_at, known=state.known, known_at=state.known_at,
        seen_at=state.seen_at,
    )  # fmt: skip
    load = SimpleNamespace(busy=1, requests_per_second=50, round_s=0.02)
    context = {
        "access": access,
        "connection": connection,
        "status": decide(state),
        "ledger": Ledger(accepted=state.queued, pending=state.queued),
        "chart": SimpleNamespace(empty=True),
        "issue_trend": SimpleNamespace(empty=True),
        "replaying": replaying,
        "forecast": SimpleNamespace(load=load, empty_in=timedelta(minutes=2)),
        "test": test and progress(test),
        "debugger": "https://app.segment.com",
        "csrf_token": "token",
    }
    name = "workspace/_overview" if page == "overview" else "connection/_connection"
    return render_to_string(f"portal/{name}.html", context)


def progress(state: EventState) -> verification.TestProgress:
    return verification.TestProgress(
        seq=1, code="4821", name="Connection Tested", state=state, at=NOW, reason=""
    )
