"""Work that failed in the background, and waits for a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.admin.home.work_items import MOST, WorkItem, WorkSection
from streams.admin.shared.links import list_url, page_url
from streams.alerts.webhooks.failing import failing_endpoints
from streams.alerts.webhooks.models import WebhookEndpoint
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


def failing_webhooks(figures: WorkFigures, now: datetime) -> WorkSection | None:
    """Return the webhook endpoints that fail for a day, or that missed a message."""
    failing = failing_endpoints(now)
    first = failing.select_related("workspace", "partner")[:MOST]
    return WorkSection.of(
        [
            WorkItem(
                text=str(endpoint.workspace or endpoint.partner),
                url=page_url(endpoint),
                detail=endpoint.shown_url,
                since=endpoint.failing_since,
            )
            for endpoint in first
        ],
        title=_("Failing webhook endpoints"),
        url=list_url(WebhookEndpoint, status="failing"),
        count=failing.count(),
        tone="calm",
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
