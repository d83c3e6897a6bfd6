"""Items that are left after the launch of a stream: unpublished drafts, and a new QA run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.audit.models import AuditEntry
from streams.catalog.pages.page_kinds import PageKind
from streams.review.qa.services import last_run
from streams.review.requirements import Task

if TYPE_CHECKING:
    from datetime import datetime

    from streams.catalog.models import Stream
    from streams.catalog.plans.models import PlanVersion


def follow_ups(stream: Stream) -> list[Task]:
    """Return the recommended items of a live stream. Nothing waits for the operator."""
    published = stream.plan_versions.published().first()
    tasks = []
    if stream.plan_versions.draft().exists():
        why = _("The tracking plan has a draft. Publish or discard it.")
        tasks.append(_task("plan", _("Tracking plan"), why))
    drafted = set(
        stream.page_versions.filter(published_at=None).values_list("kind", flat=True)
    )
    why = _("This docs page has a draft. Publish it.")
    tasks += [_task(kind, str(kind.label), why) for kind in PageKind if kind in drafted]
    if published is not None and (qa := _qa(stream, published)):
        tasks.append(qa)
    return tasks


def _qa(stream: Stream, published: PlanVersion) -> Task | None:
    """Return the QA run of a plan version that was published after the launch."""
    launch = launched_at(stream)
    if launch is None or published.published_at is None:
        return None
    if published.published_at <= launch:
        return None
    run = last_run(stream)
    done = run is not None and run.started_at >= published.published_at
    why = (
        _("You ran the QA test with plan version %(version)s.")
        if done
        else _(
            "Plan version %(version)s was published after the launch. It is"
            " active without another review. Run the QA test with it."
        )
    )
    return _task("qa", _("QA test"), why % {"version": published.number}, done=done)


def launched_at(stream: Stream) -> datetime | None:
    """Return when the stream last went live; None: never."""
    entries = AuditEntry.objects.of_stream(stream).filter(action="stream.went_live")
    return entries.order_by("-pk").values_list("at", flat=True).first()


def _task(name: str, title: str, why: str, *, done: bool = False) -> Task:
    return Task(name=name, title=title, done=done, why=why, needed=False)
