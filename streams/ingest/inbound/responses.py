"""The responses to requests from Segment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from streams.identity.inbound.receive import OUTCOMES
from streams.ingest.http.responses import IngestResponse

if TYPE_CHECKING:
    from streams.identity.inbound.receive import InboundReceipt

MOST_PROBLEMS = 20  # in a response; Segment shows only its start

_encode = msgspec.json.Encoder().encode


def received(receipt: InboundReceipt) -> IngestResponse:
    """Build the response once a request's events are durable."""
    counts = Counter(receipt.outcomes)
    problems = [
        {"index": index, "code": why.rule, "message": why.message, "fix": why.fix}
        for index, why in list(receipt.refusals.items())[:MOST_PROBLEMS]
    ]
    body = {
        "success": True,
        "received": counts.total(),
        **{outcome: counts[outcome] for outcome in OUTCOMES},
        "links": receipt.links,
        "conflicts": receipt.conflicts,
        **({"problems": problems} if problems else {}),
    }
    return IngestResponse(200, _encode(body))
