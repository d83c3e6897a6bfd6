"""How pages describe a logged request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from streams.observability.requests.store import LoggedRequest


def title_of(request: LoggedRequest) -> str:
    """Return the request's path, or how many requests were only counted."""
    if not request.more:
        return request.path
    return ngettext(
        "%(count)s more request in the second before",
        "%(count)s more requests in the second before",
        request.more,
    ) % {"count": f"{request.more:,}"}


def counts_of(request: LoggedRequest) -> str:
    """Return what happened to the request's events, such as "3 accepted, 1 rejected"."""
    counts = {
        _("%(count)s accepted"): request.accepted,
        _("%(count)s queued (held)"): request.held,
        _("%(count)s warned"): request.warned,
        _("%(count)s quarantined"): request.quarantined,
        _("%(count)s duplicate"): request.duplicate,
        _("%(count)s suppressed"): request.suppressed,
        _("%(count)s rejected"): request.rejected,
        _("%(count)s throttled"): request.throttled,
    }
    return ", ".join(
        text % {"count": f"{count:,}"} for text, count in counts.items() if count
    )


def summary_of(request: LoggedRequest) -> str:
    """Return the counts and the sender's program."""
    parts = (counts_of(request), request.user_agent)
    return " · ".join(part for part in parts if part)


def tone_of(request: LoggedRequest) -> str:
    """Return the color of the status."""
    if not request.status:
        return ""
    if request.status >= 400:
        return "bad"
    return "warn" if request.has_failed else "good"
