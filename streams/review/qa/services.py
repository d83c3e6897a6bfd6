from __future__ import annotations

from typing import TYPE_CHECKING

from streams.review.qa.checklist import Checklist, check
from streams.review.qa.evidence import Since, gather

if TYPE_CHECKING:
    from streams.catalog.models import Stream


def checklist(stream: Stream) -> Checklist:
    """How a stream's test stands by now."""
    return check(gather(stream, Since()))
