"""What each answer of Segment means: the one place that reads status codes.

From segment/http-api.md, 7: 200 says received, 400 too large or not JSON, and the
libraries' list of answers that are worth another try. A web filter or a captive portal on
the way may answer as well: a 2xx counts only with the body that Segment sends, and a
redirect or an HTML page is never Segment's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum

TRY_AGAIN = frozenset({408, 410, 429, 460})
NEVER_SERVED = frozenset({501, 505})
HALVE = frozenset({400, 413})
REFUSED_KEY = frozenset({401, 403})


class Verdict(Enum):
    TAKEN = "taken"
    HALVE = "halve"  # one of the events is at fault: find it
    HOLD = "hold"  # nothing will pass until a person has looked
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for one request; `status` None: nothing did."""

    status: int | None
    text: str = ""  # the beginning of the body
    error: str = ""  # why nothing came back
    retry_after_s: float | None = None
    duration_ms: int = 0

    @property
    def verdict(self) -> Verdict:
        """What to do about it."""
        if self.status is None or self.status in TRY_AGAIN:
            return Verdict.RETRY
        if self.stranger:
            return Verdict.RETRY
        if 200 <= self.status < 300:
            return Verdict.TAKEN
        if self.status in HALVE and not self._blames_key:
            return Verdict.HALVE
        if self.status >= 500 and self.status not in NEVER_SERVED:
            return Verdict.RETRY
        return Verdict.HOLD

    @property
    def stranger(self) -> str:
        """What shows that somebody other than Segment answered; empty: nothing does."""
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
        """It says something about the host, and nothing about this connection."""
        return self.verdict is Verdict.RETRY and self.status not in TRY_AGAIN

    @property
    def reason(self) -> str:
        """One sentence for people, without secrets."""
        if self.status is None:
            return self.error
        if self.stranger and self.status not in TRY_AGAIN:
            return f"The response ({self.status}) is not Segment's: {self.stranger}."
        if self.status in REFUSED_KEY or self._blames_key:
            return f"Segment refused the write key ({self.status})."
        if self.verdict is Verdict.HOLD:
            return f"Segment answered {self.status}, which it gives for no event."
        if self.status == 429:
            return "Segment asked for fewer requests (429)."
        return f"Segment answered {self.status}."

    @property
    def _blames_key(self) -> bool:
        # Segment answers so to an empty or a very short key (http-api.md, 3): the
        # events are not at fault, and halving would reject every one of them.
        return self.status == 400 and "write key" in self.text.lower()


def _says_success(body: str) -> bool:
    """Whether this is the JSON with which Segment says that it has received a batch."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("success") is True
