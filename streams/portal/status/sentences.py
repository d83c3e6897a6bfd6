"""Sentences that several states share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streams.observability.feed_state.snapshot import Audience
from streams.portal.status.actions import Action

if TYPE_CHECKING:
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from streams.observability.feed_state.snapshot import Snapshot


def at(moment: datetime | None) -> str:
    """Format a time in the reader's time zone, to the second; “–”: there is none."""
    if moment is None:
        return "–"
    return formats.date_format(timezone.localtime(moment), "j F, H:i:s")


def queued(snapshot: Snapshot) -> str:
    """Say how many events are queued and how long they are kept; promise no delivery."""
    count, until = snapshot.queued, snapshot.kept_until
    if not count:
        return _("New events are queued.")
    if until is None:
        return only_queued(snapshot)
    return ngettext(
        "%(total)s event is queued and kept until %(until)s.",
        "%(total)s events are queued. The oldest is kept until %(until)s.",
        count,
    ) % {
        "total": f"{count:,}",
        "until": formats.date_format(timezone.localtime(until), "j F Y, H:i"),
    }


def only_queued(snapshot: Snapshot) -> str:
    """Say how many events are queued; empty: none are."""
    if not snapshot.queued:
        return ""
    return ngettext(
        "%(total)s event is queued.", "%(total)s events are queued.", snapshot.queued
    ) % {"total": f"{snapshot.queued:,}"}


def quarantined(snapshot: Snapshot) -> str:
    """Say how many events are in quarantine; empty: none are."""
    if not snapshot.quarantined:
        return ""
    return ngettext(
        "%(total)s event is in quarantine, until it is released or discarded.",
        "%(total)s events are in quarantine, until they are released or discarded.",
        snapshot.quarantined,
    ) % {"total": f"{snapshot.quarantined:,}"}


def next_attempt(snapshot: Snapshot) -> str:
    """Say when the next attempt is made. It is never in the past."""
    due = snapshot.next_attempt_at
    if due is None or due <= snapshot.now:
        return _("The next attempt is being made now.")
    return _("Next attempt: %(at)s.") % {"at": at(due)}


def what_to_do(action: Action | None, audience: Audience) -> str:
    """Say who can do what; empty: the button says it, or there is nothing to do."""
    if action is None:
        return ""
    if audience is Audience.EDITOR:
        return str(_TO_EDITORS[action])
    if audience is Audience.VIEWER:
        return str(_TO_VIEWERS[action])
    return str(_TO_PARTNERS[action])


_TO_EDITORS: dict[Action, StrOrPromise] = {
    Action.CONNECT: gettext_lazy(
        "To start delivery, paste the write key of a Segment source."
    ),
    Action.REPLACE_KEY: gettext_lazy(
        "Copy the current write key from your Segment source, and replace this one."
    ),
    Action.VERIFY: gettext_lazy(
        "Send a test event and confirm that it arrives in Segment."
    ),
    Action.RESUME: "",
}
_TO_VIEWERS: dict[Action, StrOrPromise] = {
    Action.CONNECT: gettext_lazy(
        "An editor or admin of this workspace can connect Segment."
    ),
    Action.REPLACE_KEY: gettext_lazy(
        "An editor or admin of this workspace can replace the write key."
    ),
    Action.VERIFY: gettext_lazy(
        "An editor or admin of this workspace can verify the connection."
    ),
    Action.RESUME: gettext_lazy(
        "An editor or admin of this workspace can resume delivery."
    ),
}
_TO_PARTNERS: dict[Action, StrOrPromise] = {
    Action.CONNECT: gettext_lazy("Only the customer can connect Segment."),
    Action.REPLACE_KEY: gettext_lazy("Only the customer can replace the write key."),
    Action.VERIFY: gettext_lazy("Only the customer can verify the connection."),
    Action.RESUME: gettext_lazy("Only the customer can resume delivery."),
}
