"""Send the notices that are due.

A process claims a notice, sends it outside of any transaction, and then marks it as sent. If
it dies in between, the claim runs out, and the notice is sent again with the same
Message-ID.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, transaction

from streams.alerts.emails import email_of
from streams.alerts.models import Notice
from streams.alerts.operators import concerns_operator, operator_email_of
from streams.alerts.partner_emails import partner_email_of
from streams.alerts.relevance import relevant
from streams.base.email import send

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = structlog.get_logger()

EMAILS = {
    Notice.Audience.WORKSPACE: email_of,
    Notice.Audience.PARTNER: partner_email_of,
    Notice.Audience.OPERATOR: operator_email_of,
}

# Far longer than a round and a last email, which waits 10 s for each response of the server.
CLAIM = timedelta(minutes=10)
ROUND_S = 30.0  # beat starts a round every 15 s
# An email server that is down or hangs ends a round, so that it occupies no worker.
MAX_FAILURES = 2
WORKSPACE = Notice.Audience.WORKSPACE
AT_ONCE = 500  # notices to inboxes, in one transaction
_RELATED = ("recipient", "alert__workspace", "alert__stream", "alert__partner")
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)


def send_due(now: datetime, stop: Callable[[], bool]) -> None:
    """Send notices until none is due, for at most half a minute. `now` is the database's time."""
    deliver_to_inboxes(now, stop)
    began, failures, rolled_up = time.monotonic(), 0, True
    while failures < MAX_FAILURES and not stop():
        passed_s = time.monotonic() - began
        if passed_s >= ROUND_S:
            return
        # Those to partners and operators first: there may be thousands to admins of workspaces.
        notice = (rolled_up and _claim(now, rolled_up=True)) or _claim(now)
        rolled_up = notice is not None and notice.audience != WORKSPACE
        if notice is None:
            return
        if not _send(notice, now + timedelta(seconds=passed_s)):
            failures += 1


def deliver_to_inboxes(now: datetime, stop: Callable[[], bool]) -> None:
    """Put the notices that are due in the inboxes. No email server can delay them."""
    while not stop() and _deliver_some(now):
        pass


@transaction.atomic
def _deliver_some(now: datetime) -> bool:
    """Deliver the next notices to inboxes; return whether there were any."""
    due = Notice.objects.due(now).filter(channel=Notice.Channel.INBOX)
    locked = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    notices = list(locked.select_related(*_RELATED).order_by("due_at", "pk")[:AT_ONCE])
    counts = relevant(notices)
    for notice in notices:
        notice.alerts = counts.get(notice.pk, 0)
        notice.sent_at = now if notice.alerts else None
        notice.dropped_at = None if notice.alerts else now
    Notice.objects.bulk_update(notices, ["alerts", "sent_at", "dropped_at"])
    return bool(notices)


@transaction.atomic
def _claim(now: datetime, *, rolled_up: bool = False) -> Notice | None:
    due = Notice.objects.due(now).filter(channel=Notice.Channel.EMAIL)
    if rolled_up:
        due = due.exclude(audience=WORKSPACE)
    locked = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    notice = locked.select_related(*_RELATED).order_by("due_at", "pk").first()
    if notice is not None:
        notice.claimed_until, notice.attempts = now + CLAIM, notice.attempts + 1
        notice.save(update_fields=["claimed_until", "attempts"])
    return notice


def _send(notice: Notice, now: datetime) -> bool:
    """Send a claimed notice, or drop it; return whether the server had no problem."""
    if notice.audience == Notice.Audience.OPERATOR:
        count = 1 if concerns_operator(notice) else None
    else:
        count = relevant([notice]).get(notice.pk)
    if count is None:
        _release(notice, dropped_at=now)
        return True
    if _is_sent(notice):
        _release(notice, sent_at=now, alerts=count)
        return True
    wait = min(FIRST_WAIT * 2 ** min(notice.attempts - 1, 10), LONGEST_WAIT)
    if now + wait > notice.expires_at:
        log.error("alerts.notice_given_up", notice=notice.pk, attempts=notice.attempts)
        _release(notice, given_up_at=now)
    else:
        _release(notice, due_at=now + wait)
    return False


def _is_sent(notice: Notice) -> bool:
    try:
        return send(
            EMAILS[Notice.Audience(notice.audience)](notice),
            about=f"alert.{notice.transition}",
        )
    except DatabaseError:
        raise  # the claim runs out
    except Exception:  # one notice must not stop the others
        log.exception("alerts.notice_failed", notice=notice.pk)
        return False


def _release(notice: Notice, **fields: datetime | int) -> None:
    """Store the result, unless the claim ran out and another process has the notice."""
    own = Notice.objects.filter(pk=notice.pk, claimed_until=notice.claimed_until)
    own.update(claimed_until=None, **fields)
