from __future__ import annotations

from typing import TYPE_CHECKING

from streams.review.qa.checklist import Checklist, check
from streams.review.qa.load_observations import RunStart, gather
from streams.review.qa.models import QaRun

if TYPE_CHECKING:
    from streams.catalog.models import Stream


def last_run(stream: Stream) -> QaRun | None:
    return (
        QaRun.objects.filter(stream=stream).select_related("by").order_by("-pk").first()
    )


def checklist(stream: Stream, run: QaRun | None) -> Checklist:
    """Evaluate the checks on everything since the last run, or on all retained data."""
    if run is None:
        return check(gather(stream, RunStart()))
    seqs = {int(feed): seq for feed, seq in run.seqs.items()}
    return check(gather(stream, RunStart(seqs, run.started_at, run)))
