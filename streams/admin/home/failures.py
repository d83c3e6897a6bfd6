"""Work that failed in the background, and waits for a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.admin.home.work_items import MOST, WorkItem, WorkSection
from streams.admin.shared.base import list_url, page_url
from streams.audit.models import AuditEntry
from streams.delivery.quarantine_jobs import failed_jobs

if TYPE_CHECKING:
    from streams.events.models import QuarantineJob
    from streams.observability.work_figures.measure import WorkFigures

SHOWN = timedelta(days=7)


def failed_quarantine_jobs(figures: WorkFigures, now: datetime) -> WorkSection | None:
    """Return the actions on quarantined events that failed, and were not repeated."""
    failed = failed_jobs(now - SHOWN)
    first = failed.select_related("feed__workspace", "feed__stream")[:MOST]
    return WorkSection.of(
        [
            WorkItem(
                text=str(job.feed),
                url=page_url(job.feed),
                detail=_what_to_do(job),
                since=job.ended_at,
            )
            for job in first
        ],
        title=_("Failed actions on quarantined events"),
        url=list_url(AuditEntry, action="quarantine.failed"),
        count=failed.count(),
        tone="bad",
    )


def _what_to_do(job: QuarantineJob) -> str:
    text = ngettext(
        "%(count)s event stays in quarantine, until a member resolves it again. The worker's"
        " log has the reason: quarantine.failed, order %(order)s",
        "%(count)s events stay in quarantine, until a member resolves them again. The worker's"
        " log has the reason: quarantine.failed, order %(order)s",
        job.left,
    )
    return text % {"count": f"{job.left:,}", "order": job.order}
