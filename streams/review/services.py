"""Moves of a stream between launch stages. Concurrent attempts at a move succeed once.

`origin` is the portal's address, such as `https://portal.example`, for links in the emails
about a move. If it is empty, no email is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.stage import Stage
from streams.review.emails import (
    DecisionEmail,
    ReviewRequestEmail,
    email_partner,
    email_reviewers,
)
from streams.review.models import LiveRequest, Submission, Suspension
from streams.review.qa.services import checklist, last_run
from streams.review.requirements import missing

if TYPE_CHECKING:
    from datetime import date

    from streams.tenancy.models import User

MAX_TEXT = 500  # characters of a comment or a reason


class WrongStage(ValueError):
    """The stream is in a stage that doesn't allow the move."""


class NotReady(ValueError):
    """A required item is missing; the message names it."""


class ReasonRequired(ValueError):
    """The move requires a comment."""


class AlreadyRequested(ValueError):
    """A launch request is already waiting for a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Planned dates for development, QA, and launch."""

    build_on: date
    qa_on: date
    launch_on: date
    notes: str = ""

    def __str__(self) -> str:
        days = {"build": self.build_on, "qa": self.qa_on, "launch": self.launch_on}
        return _(
            "Development starts: %(build)s. QA starts: %(qa)s. Launch: %(launch)s."
        ) % (days)

    @property
    def is_in_order(self) -> bool:
        return self.build_on <= self.qa_on <= self.launch_on


@transaction.atomic
def submit(
    *, stream: Stream, timeline: Timeline, actor: User | None, origin: str = ""
) -> Submission:
    """Submit a draft for review. Raises WrongStage and NotReady."""
    _move(stream, Stage.DRAFT, Stage.SUBMITTED)
    if lacking := missing(stream):
        raise NotReady(
            _("Publish these items before you submit: %(items)s.")
            % {"items": ", ".join(lacking)}
        )
    if not timeline.is_in_order:
        raise NotReady(_("Development must start before QA, and QA before launch."))
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
    text = f"{timeline}\n\n{timeline.notes}"
    email_reviewers(
        stream, origin, ReviewRequestEmail.SUBMITTED, actor=actor, text=text
    )
    return made


@transaction.atomic
def approve(
    *, stream: Stream, comment: str = "", actor: User | None, origin: str = ""
) -> None:
    """Approve a submitted stream: it may deliver to customers' sources. Raises WrongStage."""
    _move(stream, Stage.SUBMITTED, Stage.APPROVED)
    _decide(stream, Submission.Decision.APPROVED, comment, actor)
    _record("stream.approved", stream, actor, comment=comment)
    email_partner(stream, origin, DecisionEmail.APPROVED, text=comment)


@transaction.atomic
def send_back(
    *, stream: Stream, comment: str, actor: User | None, origin: str = ""
) -> None:
    """Return a submitted stream to draft. Raises WrongStage and ReasonRequired."""
    _demand(comment, _("Enter the changes that you request."))
    _move(stream, Stage.SUBMITTED, Stage.DRAFT)
    _decide(stream, Submission.Decision.SENT_BACK, comment, actor)
    _record("stream.sent_back", stream, actor, comment=comment)
    email_partner(stream, origin, DecisionEmail.SENT_BACK, text=comment)


@transaction.atomic
def start_qa(*, stream: Stream, actor: User | None) -> None:
    """Move an approved stream to QA. Raises WrongStage."""
    _move(stream, Stage.APPROVED, Stage.IN_QA)
    _record("stream.qa_started", stream, actor)


@transaction.atomic
def request_launch(
    *, stream: Stream, note: str = "", actor: User | None, origin: str = ""
) -> LiveRequest:
    """Request the launch of a stream in QA. A note is required if QA is incomplete.

    Raises WrongStage, NotReady and AlreadyRequested.
    """
    _move(stream, Stage.IN_QA, Stage.IN_QA)  # locks the row against other moves
    if stream.live_requests.undecided().exists():
        raise AlreadyRequested(
            _("The launch is already requested and waits for a decision.")
        )
    qa = checklist(stream, last_run(stream))
    if not qa.complete and not note.strip():
        raise NotReady(
            _(
                "%(passed)s of %(total)s QA checks passed. Explain why the stream should go"
                " live anyway."
            )
            % {"passed": qa.passed, "total": len(qa.lines)}
        )
    made = LiveRequest.objects.create(
        stream=stream, note=note, asked_at=now(), asked_by=actor
    )
    _record("stream.live_asked", stream, actor, note=note, qa_complete=qa.complete)
    checks = _("%(passed)s of %(total)s QA checks passed.")
    checks %= {"passed": qa.passed, "total": len(qa.lines)}
    text = f"{checks}\n\n{note}"
    email_reviewers(stream, origin, ReviewRequestEmail.LIVE, actor=actor, text=text)
    return made


@transaction.atomic
def decline_launch(
    *, stream: Stream, comment: str, actor: User | None, origin: str = ""
) -> None:
    """Decline a launch request. Raises WrongStage and ReasonRequired."""
    _demand(comment, _("Enter what is missing."))
    _move(stream, Stage.IN_QA, Stage.IN_QA)
    if not _answer(stream, LiveRequest.Decision.NOT_YET, comment, actor):
        raise WrongStage(
            _("There is no open launch request for %(stream)s.") % {"stream": stream}
        )
    _record("stream.live_declined", stream, actor, comment=comment)
    email_partner(stream, origin, DecisionEmail.NOT_YET, text=comment)


@transaction.atomic
def go_live(
    *, stream: Stream, reason: str = "", actor: User | None, origin: str = ""
) -> None:
    """Launch a stream whose QA is complete, or with a recorded reason.

    Raises WrongStage and NotReady.
    """
    _move(stream, Stage.IN_QA, Stage.LIVE)
    qa = checklist(stream, last_run(stream))
    if not qa.complete and not reason.strip():
        raise NotReady(
            _(
                "%(passed)s of %(total)s QA checks passed. Explain why you launch the"
                " stream anyway."
            )
            % {"passed": qa.passed, "total": len(qa.lines)}
        )
    _answer(stream, LiveRequest.Decision.LIVE, reason, actor)
    _record("stream.went_live", stream, actor, reason=reason, qa_complete=qa.complete)
    email_partner(stream, origin, DecisionEmail.LIVE, text=reason)


@transaction.atomic
def suspend(
    *, stream: Stream, reason: str, actor: User | None, origin: str = ""
) -> None:
    """Stop delivery immediately, except for tests. Raises WrongStage and ReasonRequired."""
    _demand(reason, _("Enter the reason. The partner sees it."))
    held = Stream.objects.select_for_update(no_key=True).get(pk=stream.pk)
    if held.stage == Stage.SUSPENDED:
        raise WrongStage(_("%(stream)s is already suspended.") % {"stream": stream})
    before = Stage(held.stage)
    _move(stream, before, Stage.SUSPENDED)
    Suspension.objects.create(
        stream=stream, stage=before, reason=reason, suspended_at=now()
    )
    _record("stream.suspended", stream, actor, stage=before, reason=reason)
    email_partner(stream, origin, DecisionEmail.SUSPENDED, text=reason)


@transaction.atomic
def resume(*, stream: Stream, actor: User | None, origin: str = "") -> None:
    """Return a suspended stream to its previous stage. Raises WrongStage."""
    rows = Stream.objects.select_for_update(no_key=True)
    rows.get(pk=stream.pk)  # locks it against a concurrent resume
    held = stream.suspensions.filter(resumed_at=None).first()
    if held is None:
        raise WrongStage(_("%(stream)s isn't suspended.") % {"stream": stream})
    _move(stream, Stage.SUSPENDED, Stage(held.stage))
    held.resumed_at = now()
    held.save(update_fields=["resumed_at"])
    _record("stream.resumed", stream, actor, stage=held.stage)
    email_partner(stream, origin, DecisionEmail.RESUMED)


def _move(stream: Stream, start: Stage, to: Stage) -> None:
    """Move a stream from stage `start` to another. Raises WrongStage.

    A single UPDATE checks the stage, changes it, and locks the row, so that of two
    concurrent moves only one succeeds.
    """
    rows = Stream.objects.filter(pk=stream.pk)
    if not rows.filter(stage=start).update(stage=to):
        stage = Stage(rows.values_list("stage", flat=True).get())
        problem = _("You can't do this while %(stream)s is in the “%(stage)s” stage.")
        raise WrongStage(problem % {"stream": stream, "stage": stage.label})


def _demand(text: str, otherwise: str) -> None:
    if not text.strip():
        raise ReasonRequired(otherwise)


def _decide(
    stream: Stream, decision: Submission.Decision, comment: str, actor: User | None
) -> None:
    # Streams submitted before this table existed have no submission.
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
