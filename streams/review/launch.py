"""The launch state of a stream: its stages, open items, and who acts next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from streams.audit.models import AuditEntry
from streams.catalog.stage import Stage
from streams.review.follow_ups import follow_ups
from streams.review.models import LiveRequest
from streams.review.qa.checklist_line import CheckState
from streams.review.qa.services import checklist, last_run
from streams.review.qa.workspaces import test_feeds
from streams.review.requirements import Task, preparation

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.plans.models import PlanVersion
    from streams.review.models import Submission, Suspension
    from streams.review.qa.checklist import Checklist

ORDER = (Stage.DRAFT, Stage.SUBMITTED, Stage.APPROVED, Stage.IN_QA, Stage.LIVE)
# The action that moves a stream to a stage. Its newest entry has the time and the actor.
BROUGHT_BY = {
    Stage.DRAFT: "stream.created",
    Stage.SUBMITTED: "stream.submitted",
    Stage.APPROVED: "stream.approved",
    Stage.IN_QA: "stream.qa_started",
    Stage.LIVE: "stream.went_live",
}


class Turn(StrEnum):
    """The side that acts next."""

    PARTNER = "partner"
    STAFF = "staff"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchStep:
    """A launch stage, and whether the stream has reached it."""

    stage: Stage
    is_done: bool
    is_now: bool
    entry: AuditEntry | None = None  # that moved the stream to this stage


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchProgress:
    stage: Stage
    turn: Turn
    steps: tuple[LaunchStep, ...]
    tasks: tuple[Task, ...] = ()  # of the current stage
    submission: Submission | None = None  # the newest
    live_request: LiveRequest | None = None  # the newest
    suspension: Suspension | None = None  # in force
    published_plan: PlanVersion | None = None  # the latest
    checklist: Checklist | None = None  # only in QA

    @property
    def is_ready(self) -> bool:
        """Whether all items that the next move requires are done."""
        return all(task.done for task in self.tasks if task.needed)

    @property
    def recommended(self) -> int:
        """The number of open items that nothing requires."""
        return sum(not task.done for task in self.tasks if not task.needed)

    @property
    def newer_plan(self) -> bool:
        """Whether a plan version was published after the submission."""
        if self.submission is None or self.published_plan is None:
            return False
        return self.published_plan.number > self.submission.plan_version.number

    @property
    def awaits_launch(self) -> bool:
        """Whether a launch request waits for a decision."""
        return self.live_request is not None and self.live_request.decided_at is None


def awaits_operator() -> Q:
    """Match the streams that wait for the operator: a submission or a launch request."""
    undecided = LiveRequest.objects.undecided().filter(stream=OuterRef("pk"))
    return Q(stage=Stage.SUBMITTED) | Q(Exists(undecided), stage=Stage.IN_QA)


def launch_progress(stream: Stream) -> LaunchProgress:
    """Return the launch state. In QA this evaluates all checks: too slow for lists."""
    stage = Stage(stream.stage)
    suspension = stream.suspensions.filter(resumed_at=None).first()
    live_request = (
        stream.live_requests.newest_first().select_related("decided_by").first()
    )
    qa_checklist = checklist(stream, last_run(stream)) if stage == Stage.IN_QA else None
    people = ("submitted_by", "decided_by", "plan_version")
    return LaunchProgress(
        stage=stage,
        turn=_turn(
            stage,
            is_requested=live_request is not None and live_request.decided_at is None,
        ),
        steps=_steps(stream, Stage(suspension.stage) if suspension else stage),
        tasks=tuple(_tasks(stream, stage, qa_checklist)),
        submission=stream.submissions.newest_first().select_related(*people).first(),
        live_request=live_request,
        suspension=suspension,
        published_plan=stream.plan_versions.published().first(),
        checklist=qa_checklist,
    )


def _turn(stage: Stage, *, is_requested: bool) -> Turn:
    if stage in (Stage.SUBMITTED, Stage.SUSPENDED):
        return Turn.STAFF
    if stage == Stage.LIVE:
        return Turn.NOBODY
    return Turn.STAFF if stage == Stage.IN_QA and is_requested else Turn.PARTNER


def _steps(stream: Stream, stage: Stage) -> tuple[LaunchStep, ...]:
    """Return all stages; `stage` is the current one, or the one to return to."""
    newest: dict[str, AuditEntry] = {}
    entries = AuditEntry.objects.of_stream(stream).filter(
        action__in=BROUGHT_BY.values()
    )
    for entry in entries.select_related("actor").order_by("pk"):
        newest[entry.action] = entry
    current = ORDER.index(stage) if stage in ORDER else 0
    return tuple(
        LaunchStep(
            stage=step,
            is_done=number < current or step == stage == Stage.LIVE,
            is_now=number == current,
            entry=newest.get(BROUGHT_BY[step]) if number <= current else None,
        )
        for number, step in enumerate(ORDER)
    )


def _tasks(stream: Stream, stage: Stage, qa_checklist: Checklist | None) -> list[Task]:
    if stage == Stage.DRAFT:
        return preparation(stream)
    if stage == Stage.APPROVED:
        return [_workspaces(stream)]
    if stage == Stage.LIVE:
        return follow_ups(stream)
    if qa_checklist is None:
        return []
    return [
        Task(
            name=line.name,
            title=line.title,
            done=line.state is CheckState.PASSED,
            failed=line.state is CheckState.FAILED,
            why=line.why,
        )
        for line in qa_checklist.lines
    ]


def _workspaces(stream: Stream) -> Task:
    done = test_feeds(stream).exists()
    if done:
        why = _("Your test workspaces are ready, and their events are delivered.")
    else:
        why = _("Create two test workspaces, one for each Segment region.")
    title = _("Test workspaces")
    return Task(name="workspaces", title=title, done=done, why=why, needed=False)
