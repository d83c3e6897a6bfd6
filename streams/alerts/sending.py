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
from streams.alerts.recipients import recipients
from streams.base.clock import now as clock_now
from streams.base.email import send

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = structlog.get_logger()

# Far longer than a round and a last email, which waits 10 s for each response of the server.
CLAIM = timedelta(minutes=10)
ROUND_S = 60.0
# An email server that is down or hangs ends a round, so that it occupies no worker.
MAX_FAILURES = 2
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)


def send_due(now: datetime, stop: Callable[[], bool]) -> None:
    """Send notices until none is due, for at most a minute. `now` is the database's time."""
    ends_at, failures = time.monotonic() + ROUND_S, 0
    while failures < MAX_FAILURES and time.monotonic() < ends_at and not stop():
        notice = _claim(now)
        if notice is None:
            return
        if not _send(notice, now):
            failures += 1


@transaction.atomic
def _claim(now: datetime) -> Notice | None:
    due = Notice.objects.due(now).select_for_update(
        skip_locked=True, no_key=True, of=("self",)
    )
    related = due.select_related(
        "recipient", "alert__workspace", "alert__connection__feed__stream"
    )
    notice = related.order_by("due_at", "pk").first()
    if notice is not None:
        notice.claimed_until, notice.attempts = now + CLAIM, notice.attempts + 1
        notice.save(update_fields=["claimed_until", "attempts"])
    return notice


def _send(notice: Notice, now: datetime) -> bool:
    """Send a claimed notice, or drop it; return whether the server had no problem."""
    workspace = notice.alert.workspace_id
    if notice.recipient_id not in recipients([workspace])[workspace]:
        _release(notice, dropped_at=now)
        return True
    if _is_sent(notice):
        _release(notice, sent_at=clock_now())
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
        return send(email_of(notice), about=f"alert.{notice.transition}")
    except DatabaseError:
        raise  # the claim runs out
    except Exception:  # one notice must not stop the others
        log.exception("alerts.notice_failed", notice=notice.pk)
        return False


def _release(notice: Notice, **fields: datetime) -> None:
    """Store the result, unless the claim ran out and another process has the notice."""
    own = Notice.objects.filter(pk=notice.pk, claimed_until=notice.claimed_until)
    own.update(claimed_until=None, **fields)
