from __future__ import annotations

from datetime import date

import pytest

from streams.audit.models import AuditEntry
from streams.catalog.stage import Stage
from streams.review.models import Submission
from streams.review.requirements import missing
from streams.review.services import (
    AlreadyRequested,
    NotReady,
    ReasonRequired,
    Timeline,
    WrongStage,
    approve,
    decline_launch,
    go_live,
    request_launch,
    resume,
    send_back,
    start_qa,
    submit,
    suspend,
)
from tests import factories

pytestmark = pytest.mark.django_db

TIMELINE = Timeline(
    build_on=date(2026, 4, 1), qa_on=date(2026, 5, 1), launch_on=date(2026, 6, 1)
)


def ready(stage: str = "draft"):
    stream = factories.stream(stage=stage)
    factories.published_plan(stream, "Email Opened")
    factories.published_pages(stream)
    return stream


def stage_of(stream) -> str:
    stream.refresh_from_db()
    return stream.stage


def last_entry():
    entry = AuditEntry.objects.latest("pk")
    return entry.action, entry.actor, entry.detail


def test_a_draft_is_submitted_with_its_plan_and_timeline():
    stream, dev = ready(), factories.user()

    made = submit(stream=stream, timeline=TIMELINE, actor=dev)

    assert stage_of(stream) == Stage.SUBMITTED
    assert (made.plan_version.number, made.launch_on) == (1, date(2026, 6, 1))
    assert last_entry() == (
        "stream.submitted", dev, {"stream": stream.slug, "plan_version": 1},
    )  # fmt: skip


def test_missing_items_are_named_and_nothing_changes():
    stream = factories.stream(stage="draft")
    factories.page_version(stream, "source", published_at=None)
    factories.page_version(stream, "integration")

    with pytest.raises(
        NotReady,
        match="Publish these items before you submit: Tracking plan, Source page",
    ):
        submit(stream=stream, timeline=TIMELINE, actor=None)

    assert (stage_of(stream), Submission.objects.count()) == (Stage.DRAFT, 0)


def test_a_launch_before_qa_is_refused():
    stream = ready()
    upside_down = Timeline(
        build_on=TIMELINE.build_on, qa_on=TIMELINE.launch_on, launch_on=TIMELINE.qa_on
    )

    with pytest.raises(NotReady, match="QA before launch"):
        submit(stream=stream, timeline=upside_down, actor=None)

    assert stage_of(stream) == Stage.DRAFT


def test_the_second_of_two_simultaneous_decisions_is_refused():
    stream, olga = ready(), factories.staff()
    submit(stream=stream, timeline=TIMELINE, actor=None)
    approve(stream=stream, comment="Good names.", actor=olga)

    with pytest.raises(WrongStage, match="is in the “Approved” stage"):
        send_back(stream=stream, comment="Bad names.", actor=factories.staff())

    decided = Submission.objects.get()
    assert stage_of(stream) == Stage.APPROVED
    assert (decided.decision, decided.decided_by, decided.comment) == (
        "approved", olga, "Good names.",
    )  # fmt: skip


def test_a_returned_submission_can_be_submitted_again():
    stream = ready()
    submit(stream=stream, timeline=TIMELINE, actor=None)
    send_back(stream=stream, comment="Name the link's URL.", actor=None)
    assert stage_of(stream) == Stage.DRAFT

    submit(stream=stream, timeline=TIMELINE, actor=None)

    assert [s.decision for s in stream.submissions.newest_first()] == ["", "sent_back"]


def test_returning_and_suspending_need_a_reason():
    stream = ready("submitted")

    with pytest.raises(ReasonRequired):
        send_back(stream=stream, comment=" ", actor=None)
    with pytest.raises(ReasonRequired):
        suspend(stream=stream, reason="", actor=None)

    assert stage_of(stream) == Stage.SUBMITTED


def test_only_completed_qa_or_a_reason_sets_a_stream_live():
    stream = ready("approved")
    start_qa(stream=stream, actor=None)

    with pytest.raises(NotReady, match="of 11 QA checks passed"):
        go_live(stream=stream, actor=None)
    assert stage_of(stream) == Stage.IN_QA
    go_live(stream=stream, reason="Tried by hand.", actor=None)

    assert stage_of(stream) == Stage.LIVE
    assert last_entry()[2] == {
        "stream": stream.slug, "reason": "Tried by hand.", "qa_complete": False,
    }  # fmt: skip


@pytest.mark.parametrize("stage", [s for s in Stage if s != Stage.SUSPENDED])
def test_a_resumed_stream_returns_to_its_former_stage(stage):
    stream = factories.stream(stage=stage)
    suspend(stream=stream, reason="It sends passwords.", actor=None)
    assert stage_of(stream) == Stage.SUSPENDED
    with pytest.raises(WrongStage, match="already suspended"):
        suspend(stream=stream, reason="Again.", actor=None)

    resume(stream=stream, actor=None)

    assert stage_of(stream) == stage
    with pytest.raises(WrongStage, match="isn't suspended"):
        resume(stream=stream, actor=None)


@pytest.mark.parametrize(
    ("step", "stages"),
    [
        (lambda s: submit(stream=s, timeline=TIMELINE, actor=None), {"draft"}),
        (lambda s: approve(stream=s, actor=None), {"submitted"}),
        (lambda s: send_back(stream=s, comment="No.", actor=None), {"submitted"}),
        (lambda s: start_qa(stream=s, actor=None), {"approved"}),
        (lambda s: go_live(stream=s, reason="Yes.", actor=None), {"in_qa"}),
    ],
)
def test_each_transition_starts_from_its_own_stage_only(step, stages):
    for stage in Stage:
        stream = ready(stage)
        if stage in stages:
            step(stream)
        else:
            with pytest.raises(WrongStage):
                step(stream)
            assert stage_of(stream) == stage


def test_a_published_stream_lacks_nothing():
    assert missing(ready()) == []


def test_a_request_to_go_live_is_made_once_and_can_be_declined():
    stream, olga = ready("in_qa"), factories.staff()
    request_launch(stream=stream, note="It is good.", actor=None)

    with pytest.raises(AlreadyRequested):
        request_launch(stream=stream, note="It is good.", actor=None)
    decline_launch(stream=stream, comment="Run the test.", actor=olga)

    answered = stream.live_requests.get()
    assert (stage_of(stream), answered.decision, answered.decided_by) == (
        Stage.IN_QA, "not_yet", olga,
    )  # fmt: skip
    assert last_entry() == (
        "stream.live_declined", olga, {"stream": stream.slug, "comment": "Run the test."},
    )  # fmt: skip


def test_declining_without_a_request_is_refused():
    stream = ready("in_qa")

    with pytest.raises(WrongStage):
        decline_launch(stream=stream, comment="No.", actor=None)
    with pytest.raises(NotReady, match="1 of 11 QA checks"):
        request_launch(stream=stream, actor=None)


def test_going_live_closes_the_request():
    stream = ready("in_qa")
    request_launch(stream=stream, note="It is good.", actor=None)

    go_live(stream=stream, reason="It is.", actor=None)

    assert stream.live_requests.get().decision == "live"
