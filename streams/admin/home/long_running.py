"""Exports and actions on quarantined events that take unusually long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from streams.admin.home.work_items import MOST, WorkItem, WorkSection
from streams.admin.shared.base import to_the_second
from streams.admin.shared.links import page_url
from streams.events.models import QuarantineJob
from streams.exports.models import Export

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from streams.observability.work_figures.measure import WorkFigures

EXPECTED = timedelta(minutes=10)  # most end within seconds


def long_exports(figures: WorkFigures, now: datetime) -> WorkSection | None:
    """Return the exports that have been in progress for longer than EXPECTED."""
    running = Export.objects.filter(state=Export.State.RUNNING)
    title = _("Exports in progress for over 10 minutes")
    return _section(running, now, title=title, progress=_export_progress)


def long_quarantine_jobs(figures: WorkFigures, now: datetime) -> WorkSection | None:
    """Return the actions on quarantined events that have taken longer than EXPECTED."""
    running = QuarantineJob.objects.filter(ended_at=None)
    title = _("Actions on quarantined events in progress for over 10 minutes")
    return _section(running, now, title=title, progress=_job_progress)


def _section[Row: (Export, QuarantineJob)](
    running: QuerySet[Row], now: datetime, *, title: str, progress: Callable[[Row], str]
) -> WorkSection | None:
    slow = running.filter(requested_at__lt=now - EXPECTED)
    related = slow.select_related("feed__workspace", "feed__stream")
    items = [
        WorkItem(
            text=str(one.feed),
            url=page_url(one.feed),
            detail=progress(one),
            since=one.requested_at,
        )
        for one in related.order_by("requested_at", "pk")[:MOST]
    ]
    # No list has them. The guide says how to help; the oldest are enough for that.
    guide = reverse("docs:guide", args=["operators"]) + "#long-running-work"
    return WorkSection.of(
        items, title=title, url=guide, count=slow.count(), rows=len(items)
    )


def _export_progress(export: Export) -> str:
    text = _("%(kind)s: %(percent)s%% searched. Last progress: %(time)s")
    return text % {
        "kind": export.get_kind_display(),
        "percent": int(export.searched * 100),
        "time": to_the_second(export.worked_at),
    }


def _job_progress(job: QuarantineJob) -> str:
    text = _(
        "%(action)s: %(done)s of %(all)s events processed. Last progress: %(time)s"
    )
    return text % {
        "action": job.get_action_display(),
        "done": f"{job.events - job.left:,}",
        "all": f"{job.events:,}",
        "time": to_the_second(job.worked_at),
    }
