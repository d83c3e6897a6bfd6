"""Send the notices that are due.

A process claims a notice, sends it outside of any transaction, and then marks it as sent. If
it dies in between, the claim runs out, and the notice is sent again with the same
Message-ID.
"""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from streams.alerts.digest_emails import digest_email_of
from streams.alerts.emails import email_of
from streams.alerts.models import Notice
from streams.alerts.operators import operator_email_of
from streams.alerts.other_notices import other_email_of
from streams.alerts.partner_emails import partner_email_of
from streams.alerts.relevance import relevant
from streams.alerts.reminders import write_reminders
from streams.base.email import deliver
from streams.tenancy.time_zones import zone_named

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.core.mail import EmailMessage

log = structlog.get_logger()

EMAILS = {
    Notice.Audience.WORKSPACE: email_of,
    Notice.Audience.PARTNER: partner_email_of,
    Notice.Audience.OPERATOR: operator_email_of,
}

# Longer than an email, which waits 10 s for each of about ten responses of the server.
CLAIM = timedelta(minutes=3)
ROUND_S = 30.0  # beat starts a round every 15 s
# An email server that is down or hangs ends a round, so that it occupies no worker.
MAX_FAILURES = 2
WORKSPACE = Notice.Audience.WORKSPACE
AT_ONCE = 500  # notices to inboxes, in one transaction
_RELATED = (
    "recipient", "workspace", "partner", "endpoint", "alert__workspace", "alert__stream",
    "alert__partner",
)  # fmt: skip
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)


def send_due(now: datetime, stop: Callable[[], bool]) -> None:
    """Send notices until none is due, but start no email after half a minute.

    `now` is the database's time.
    """
    began = time.monotonic()
    write_reminders(now, stop)
    deliver_to_inboxes(now, stop)
    ends, failures, rolled_up = time.monotonic() + ROUND_S, 0, True
    while failures < MAX_FAILURES and not stop() and time.monotonic() < ends:
        at = now + timedelta(seconds=time.monotonic() - began)
        # Those to partners and operators first: there may be thousands to admins of workspaces.
        notices = (rolled_up and _claim(at, rolled_up=True)) or _claim(at)
        if not notices:
            return
        rolled_up = notices[0].audience != WORKSPACE
        if not _send(notices, at):
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
    counts, by_count = relevant(notices), defaultdict(list)
    for notice in notices:
        by_count[counts.get(notice.pk, 0)].append(notice.pk)
    for count, ids in by_count.items():
        result = {"sent_at": now} if count else {"dropped_at": now}
        Notice.objects.filter(pk__in=ids).update(alerts=count, **result)
    return bool(notices)


@transaction.atomic
def _claim(now: datetime, *, rolled_up: bool = False) -> list[Notice]:
    """Claim the next email: one notice, or all of a digest. Empty if none is due."""
    due = Notice.objects.due(now).filter(channel=Notice.Channel.EMAIL)
    locked = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    # By the index alone: to sort thousands that are due at once would cost more than an email.
    emails = locked.select_related(*_RELATED).order_by("due_at")
    first = (emails.exclude(audience=WORKSPACE) if rolled_up else emails).first()
    notices = [first] if first else []
    if first and first.digest_end:
        together = emails.filter(
            recipient=first.recipient_id, digest_end=first.digest_end
        )
        notices = list(together.order_by("due_at", "pk"))
    for notice in notices:
        notice.claimed_until, notice.attempts = now + CLAIM, notice.attempts + 1
    Notice.objects.bulk_update(notices, ["claimed_until", "attempts"])
    return notices


def _send(claimed: list[Notice], now: datetime) -> bool:
    """Send a claimed email without the notices that no one needs.

    Return whether the server had no problem.
    """
    counts = relevant(claimed)
    notices = [notice for notice in claimed if notice.pk in counts]
    _release([one for one in claimed if one.pk not in counts], dropped_at=now)
    if not notices:
        return True
    for notice in notices:
        notice.alerts = counts[notice.pk]
    failure = _failure(notices)
    if not failure:
        Notice.objects.bulk_update(notices, ["alerts"])
        _release(notices, sent_at=now)
        return True
    attempts = min(notice.attempts for notice in notices)
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
    late = [notice for notice in notices if now + wait > notice.expires_at]
    for notice in late:
        log.error("alerts.notice_given_up", notice=notice.pk, attempts=notice.attempts)
    _release(late, given_up_at=now, failure=failure)
    waiting = [one for one in notices if one not in late]
    _release(waiting, due_at=now + wait, failure=failure)
    return False


def _failure(notices: list[Notice]) -> str:
    """Send one email about notices to a person; return why it failed, or an empty text."""
    try:
        email = _email_of(notices)
        failure = deliver(email, about=f"alert.{notices[0].transition}")
        return failure.value if failure else ""
    except DatabaseError:
        raise  # the claim runs out
    except Exception:  # one notice must not stop the others
        log.exception("alerts.notice_failed", notice=notices[0].pk)
        return Notice.Failure.INTERNAL


def _email_of(notices: list[Notice]) -> EmailMessage:
    """Render an email with the times in the recipient's zone, or in UTC."""
    with timezone.override(zone_named(notices[0].recipient.time_zone)):
        if notices[0].digest_end:
            return digest_email_of(notices)
        if notices[0].alert_id is None:
            return other_email_of(notices[0])
        return EMAILS[Notice.Audience(notices[0].audience)](notices[0])


def _release(notices: list[Notice], **fields: datetime | str) -> None:
    """Store the result, unless the claim ran out and another process has the notices."""
    if notices:
        own = Notice.objects.filter(
            pk__in=[notice.pk for notice in notices],
            claimed_until=notices[0].claimed_until,
        )
        own.update(claimed_until=None, **fields)
