"""The meaning of each response of Segment: the only place that interprets status codes.

From segment/http-api.md, 7: 200 means received, 400 means too large or not JSON; the rest
follows the libraries' list of responses to retry. A web filter or a captive portal may also
respond: a 2xx counts only with Segment's body, and a redirect or an HTML page is never
Segment's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum

RETRIED = frozenset({408, 410, 429, 460})
UNSUPPORTED = frozenset({501, 505})
INVALID_EVENTS = frozenset({400, 413})
KEY_REJECTED = frozenset({401, 403})
NOT_FROM_SEGMENT = "is not Segment's"  # in the reason of a foreign response
REJECTED_KEY = "Segment rejected the write key"  # stored, so it stays English


class ResponseKind(Enum):
    ACCEPTED = "accepted"
    SPLIT = "split"  # one of the events is invalid: find it by halving
    NEEDS_ATTENTION = "needs_attention"  # stop delivery until someone resumes it
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentResponse:
    """The response to one request; `status` None: there was none."""

    status: int | None
    text: str = ""  # the start of the body
    error: str = ""  # why there was no response
    retry_after_s: float | None = None
    headers: str = ""  # a line each, without cookies
    duration_ms: int = 0  # times are rounded up
    # The parts of the duration: connecting, with TLS (0: the connection was open), and
    # everything up to the headers of the response. None: not measured, or no response.
    connect_ms: int | None = None
    first_byte_ms: int | None = None

    @property
    def kind(self) -> ResponseKind:
        """The meaning of the response for the batch."""
        if self.status is None or self.status in RETRIED:
            return ResponseKind.RETRY
        if self.foreign_reason:
            return ResponseKind.RETRY
        if 200 <= self.status < 300:
            return ResponseKind.ACCEPTED
        if self.status in INVALID_EVENTS and not self._blames_key:
            return ResponseKind.SPLIT
        if self.status >= 500 and self.status not in UNSUPPORTED:
            return ResponseKind.RETRY
        return ResponseKind.NEEDS_ATTENTION

    @property
    def foreign_reason(self) -> str:
        """Why the response isn't Segment's; empty: it is."""
        if self.status is None or self.status >= 500:
            return ""
        if 300 <= self.status < 400:
            return "it redirects"
        body = self.text.strip()
        if body.startswith("<"):
            return "it is an HTML page"
        if self.status >= 400 or _says_success(body):
            return ""
        return 'its body does not say "success": true' if body else "its body is empty"

    @property
    def host_is_down(self) -> bool:
        """Whether the host is at fault, not this connection."""
        return self.kind is ResponseKind.RETRY and self.status not in RETRIED

    @property
    def reason(self) -> str:
        """One sentence for people, without secrets. Stored, so it stays English."""
        if self.status is None:
            return self.error
        if self.foreign_reason and self.status not in RETRIED:
            return f"The response ({self.status}) {NOT_FROM_SEGMENT}: {self.foreign_reason}."
        if self.status in KEY_REJECTED or self._blames_key:
            return f"{REJECTED_KEY} ({self.status})."
        if self.kind is ResponseKind.NEEDS_ATTENTION:
            return f"Segment returned {self.status}, which is not a response to events."
        if self.status == 429:
            return "Segment asked us to slow down (429)."
        return f"Segment returned {self.status}."

    @property
    def _blames_key(self) -> bool:
        # Segment's response to an empty or very short key (http-api.md, 3). The events
        # are valid, and halving would reject every one of them.
        return self.status == 400 and "write key" in self.text.lower()


def says_key_rejected(reason: str) -> bool:
    """Whether a `SegmentResponse.reason` says that the write key was rejected."""
    return reason.startswith(REJECTED_KEY)


def _says_success(body: str) -> bool:
    """Whether this is the JSON that Segment returns for a received batch."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("success") is True
