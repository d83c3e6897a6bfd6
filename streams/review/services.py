"""What moves a stream from stage to stage, once each, whoever else tries.

`origin` is where this portal is, as `https://portal.example`, for the links in the mails
that tell of a move; empty: nobody is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from streams.audit.services import record
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.stage import Stage
from streams.review.mails import Moved, Waits, tell_partner, tell_staff
from streams.review.models import LiveRequest, Submission, Suspension
from streams.review.preparing import missing
from streams.review.qa.services import checklist, last_run

if TYPE_CHECKING:
    from datetime import date

    from streams.tenancy.models import User

MAX_TEXT = 500  # characters of a comment or a reason


class WrongStage(ValueError):
    """The stream is in a stage from which this cannot be done."""


class NotReady(ValueError):
    """Something is missing; the message says what."""


class WithoutReason(ValueError):
    """This needs a sentence that says why."""


class AlreadyAsked(ValueError):
    """It is asked for, and not answered yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When a partner means to build, to test and to launch."""

    build_on: date
    qa_on: date
    launch_on: date
    notes: str = ""

    @property
    def is_in_order(self) -> bool:
        return self.build_on <= self.qa_on <= self.launch_on


@transaction.atomic
def submit(
    *, stream: Stream, timeline: Timeline, actor: User | None, origin: str = ""
) -> Submission:
    """Hand a draft in for approval. Raises WrongStage and NotReady."""
    _move(stream, Stage.DRAFT, Stage.SUBMITTED)
    if lacking := missing(stream):
        raise NotReady(f"Publish {' and '.join(lacking)} first.")
    if not timeline.is_in_order:
        raise NotReady("Building comes before QA, and QA before the launch.")
    made = Submission.objects.create(
        stream=stream,
        plan_version=stream.plan_versions.published()[0],
        build_on=timeline.build_on,
        qa_on=timeline.qa_on,
        launch_on=timeline.launch_on,
        notes=timeline.notes,
        submitted_at=now(),
        submitted_by=actor,
    )
    _record("stream.submitted", stream, actor, plan_version=made.plan_version.number)
    days = f"Building {timeline.build_on}, QA {timeline.qa_on}, launch {timeline.launch_on}."
    text = f"{days}\n\n{timeline.notes}"
    tell_staff(stream, origin, Waits.SUBMITTED, actor=actor, text=text)
    return made


@transaction.atomic
def approve(
    *, stream: Stream, comment: str = "", actor: User | None, origin: str = ""
) -> None:
    """Let a submitted stream deliver to customers' sources. Raises WrongStage."""
    _move(stream, Stage.SUBMITTED, Stage.APPROVED)
    _decide(stream, Submission.Decision.APPROVED, comment, actor)
    _record("stream.approved", stream, actor, comment=comment)
    tell_partner(stream, origin, Moved.APPROVED, text=comment)


@transaction.atomic
def send_back(
    *, stream: Stream, comment: str, actor: User | None, origin: str = ""
) -> None:
    """Make a submitted stream a draft again. Raises WrongStage and WithoutReason."""
    _demand(comment, "Say what has to change.")
    _move(stream, Stage.SUBMITTED, Stage.DRAFT)
    _decide(stream, Submission.Decision.SENT_BACK, comment, actor)
    _record("stream.sent_back", stream, actor, comment=comment)
    tell_partner(stream, origin, Moved.SENT_BACK, text=comment)


@transaction.atomic
def start_qa(*, stream: Stream, actor: User | None) -> None:
    """Say that an approved stream is built and being tried. Raises WrongStage."""
    _move(stream, Stage.APPROVED, Stage.IN_QA)
    _record("stream.qa_started", stream, actor)


@transaction.atomic
def ask_for_live(
    *, stream: Stream, note: str = "", actor: User | None, origin: str = ""
) -> LiveRequest:
    """Ask staff to set a stream live that is in QA; with a note where that is not complete.

    Raises WrongStage, NotReady and AlreadyAsked.
    """
    _move(stream, Stage.IN_QA, Stage.IN_QA)  # holds the row: nobody else moves it
    if stream.live_requests.undecided().exists():
        raise AlreadyAsked("That is asked already. Staff answer it.")
    qa = checklist(stream, last_run(stream))
    if not qa.complete and not note.strip():
        raise NotReady(
            f"{qa.passed} of {len(qa.lines)} lines of the QA checklist passed."
            " Say why it should go live all the same."
        )
    made = LiveRequest.objects.create(
        stream=stream, note=note, asked_at=now(), asked_by=actor
    )
    _record("stream.live_asked", stream, actor, note=note, qa_complete=qa.complete)
    text = f"{qa.passed} of {len(qa.lines)} lines of its QA passed.\n\n{note}"
    tell_staff(stream, origin, Waits.LIVE, actor=actor, text=text)
    return made


@transaction.atomic
def answer_not_yet(
    *, stream: Stream, comment: str, actor: User | None, origin: str = ""
) -> None:
    """Leave a stream in QA whose partner asked for more. Raises WrongStage, WithoutReason."""
    _demand(comment, "Say what is missing.")
    _move(stream, Stage.IN_QA, Stage.IN_QA)
    if not _answer(stream, LiveRequest.Decision.NOT_YET, comment, actor):
        raise WrongStage(f"Nobody asks by now that {stream} go live.")
    _record("stream.live_declined", stream, actor, comment=comment)
    tell_partner(stream, origin, Moved.NOT_YET, text=comment)


@transaction.atomic
def go_live(
    *, stream: Stream, reason: str = "", actor: User | None, origin: str = ""
) -> None:
    """Set a stream live once QA is complete, or for a reason that is written down.

    Raises WrongStage and NotReady.
    """
    _move(stream, Stage.IN_QA, Stage.LIVE)
    qa = checklist(stream, last_run(stream))
    if not qa.complete and not reason.strip():
        raise NotReady(
            f"{qa.passed} of {len(qa.lines)} lines of the QA checklist passed."
            " Say why it goes live all the same."
        )
    _answer(stream, LiveRequest.Decision.LIVE, reason, actor)
    _record("stream.went_live", stream, actor, reason=reason, qa_complete=qa.complete)
    tell_partner(stream, origin, Moved.LIVE, text=reason)


@transaction.atomic
def suspend(
    *, stream: Stream, reason: str, actor: User | None, origin: str = ""
) -> None:
    """Hold all events but those of tests, at once. Raises WrongStage and WithoutReason."""
    _demand(reason, "Say why it is suspended: its partner reads it.")
    held = Stream.objects.select_for_update(no_key=True).get(pk=stream.pk)
    if held.stage == Stage.SUSPENDED:
        raise WrongStage(f"{stream} is suspended already.")
    before = Stage(held.stage)
    _move(stream, before, Stage.SUSPENDED)
    Suspension.objects.create(
        stream=stream, stage=before, reason=reason, suspended_at=now()
    )
    _record("stream.suspended", stream, actor, stage=before, reason=reason)
    tell_partner(stream, origin, Moved.SUSPENDED, text=reason)


@transaction.atomic
def resume(*, stream: Stream, actor: User | None, origin: str = "") -> None:
    """Bring a suspended stream back to the stage that it was in. Raises WrongStage."""
    rows = Stream.objects.select_for_update(no_key=True)
    rows.get(pk=stream.pk)  # nobody else resumes it meanwhile
    held = stream.suspensions.filter(resumed_at=None).first()
    if held is None:
        raise WrongStage(f"{stream} is not suspended.")
    _move(stream, Stage.SUSPENDED, Stage(held.stage))
    held.resumed_at = now()
    held.save(update_fields=["resumed_at"])
    _record("stream.resumed", stream, actor, stage=held.stage)
    tell_partner(stream, origin, Moved.RESUMED)


def _move(stream: Stream, start: Stage, to: Stage) -> None:
    """Put a stream that is in stage `start` by now in another. Raises WrongStage.

    Asked and moved in one UPDATE, which holds the row: of two who decide, one finds the
    stage gone.
    """
    rows = Stream.objects.filter(pk=stream.pk)
    if not rows.filter(stage=start).update(stage=to):
        stage = Stage(rows.values_list("stage", flat=True).get())
        raise WrongStage(f"This cannot be done: {stream} is {stage.said} by now.")


def _demand(text: str, otherwise: str) -> None:
    if not text.strip():
        raise WithoutReason(otherwise)


def _decide(
    stream: Stream, decision: Submission.Decision, comment: str, actor: User | None
) -> None:
    # A stream that was made submitted before there were submissions has none.
    stream.submissions.undecided().update(
        decision=decision, comment=comment, decided_at=now(), decided_by=actor
    )


def _answer(
    stream: Stream, decision: LiveRequest.Decision, comment: str, actor: User | None
) -> int:
    return stream.live_requests.undecided().update(
        decision=decision, comment=comment, decided_at=now(), decided_by=actor
    )


def _record(action: str, stream: Stream, actor: User | None, **detail: Any) -> None:
    record(action, actor=actor, partner=stream.partner, stream=stream.slug, **detail)
