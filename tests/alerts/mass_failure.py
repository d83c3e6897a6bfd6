"""Thousands of keys are refused at once, while email is down and senders are killed.

The test in the suite shortens the waits by changing rows. tests/alerts/outage.py waits
for as long as the outage, the backoff and the claims of dead senders really take.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from celery import current_app
from django.db.models import F

from streams.alerts.models import Alert, Notice
from streams.alerts.people.choices import choose
from streams.alerts.webhooks.models import WebhookMessage
from streams.base.clock import now
from streams.connections.models import Connection
from streams.tasks import alert as evaluate_all
from streams.tenancy.models import User, Workspace, WorkspaceMembership
from tests import factories
from tests.portal_processes import until

if TYPE_CHECKING:
    import subprocess
    from email.message import EmailMessage

    from streams.catalog.models import Stream
    from tests.faults.notice_receivers import Arrival, NoticeReceivers
    from tests.portal_processes import RunningPortal

PETRA, OLGA, DORA = "petra@postbox.example", "olga@portal.example", "dora@example.com"
IN_DIGEST = 50  # workspaces whose alerts Dora gets in a digest
SENDERS = 4  # threads of a worker, each of which can be sending an email
ROUND_EVERY_S = 2.0
LONG_AGO = timedelta(minutes=10)
OPENED, CLOSED = Notice.Transition.OPENED, Notice.Transition.CLOSED
EMAIL, INBOX = Notice.Channel.EMAIL, Notice.Channel.INBOX


@dataclass(slots=True)
class Shortened:
    """Time passes by changing the times in rows, and rounds start before beat's."""

    portal: RunningPortal
    within_s: float = 180.0
    _next_s: float = 0.0  # monotonic

    def outage(self) -> None:
        """Wait until email has failed."""
        until(_emails().filter(attempts__gt=0, claimed_until=None).exists)

    def backoff(self) -> None:
        waiting = _emails().unfinished().filter(digest_end=None)
        waiting.filter(claimed_until=None).update(due_at=now())

    def claims(self) -> None:
        """Have the claims of senders that were killed run out."""
        Notice.objects.exclude(claimed_until=None).update(claimed_until=now())
        claimed = WebhookMessage.objects.exclude(claimed_until=None)
        claimed.update(claimed_until=now())

    def recovery(self) -> None:
        """Have all alerts been calm long enough to close."""
        self.start_round(everything=True)
        still = Alert.objects.open()
        until(lambda: not still.filter(calm_since=None).exists())
        still.update(calm_since=F("calm_since") - LONG_AGO)
        self.start_round(everything=True)

    def hurry(self) -> None:
        """Start a round every few seconds."""
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + ROUND_EVERY_S
            self.start_round(everything=False)

    def start_round(self, *, everything: bool) -> None:
        url = self.portal.environ["REDIS_URL"]
        with current_app.connection_for_write(url) as broker:
            evaluate_all.apply_async(
                kwargs={"everything": everything}, connection=broker
            )


@dataclass(slots=True)
class Waiting:
    """Time passes as it does."""

    outage_s: float
    within_s: float = 1_800.0

    def outage(self) -> None:
        time.sleep(self.outage_s)

    def nothing(self) -> None:
        pass

    backoff = claims = recovery = hurry = nothing


@dataclass(slots=True)
class MassFailure:
    """A portal with many connections of a stream, and the people whom their alerts concern."""

    portal: RunningPortal
    receivers: NoticeReceivers
    stream: Stream
    time: Shortened | Waiting
    admins: list[str] = field(default_factory=list)
    worker: subprocess.Popen | None = None
    kills: int = 0

    @property
    def connections(self) -> int:
        return Connection.objects.filter(feed__stream=self.stream).count()

    def start(self) -> None:
        self.worker = self.portal.worker()

    def refuse(self) -> None:
        own = Connection.objects.filter(feed__stream=self.stream)
        reason = "Segment rejected the write key (401)."
        own.update(status="attention", status_reason=reason, status_at=now())

    def replace(self) -> None:
        """Have Segment accept all keys again."""
        own = Connection.objects.filter(feed__stream=self.stream)
        own.update(status="active", status_reason="", status_at=now())

    def until(self, is_true: Callable[[], object]) -> None:
        def is_so() -> object:
            self.time.hurry()
            return is_true()

        until(is_so, within_s=self.time.within_s)

    @contextmanager
    def kill_during(self, concerns: Callable[[EmailMessage], bool]) -> Iterator[None]:
        """Kill the worker once the server has accepted such an email, but not said so.

        The block starts what sends them. Then start another worker.
        """
        accepted, killed = threading.Event(), threading.Event()

        def hold(mail: EmailMessage) -> None:
            if not killed.is_set() and concerns(mail):
                accepted.set()
                killed.wait(60)

        self.receivers.smtp.before_response = hold
        yield
        self.until(accepted.is_set)
        assert self.worker is not None
        self.portal.kill(self.worker)
        killed.set()
        self.kills += 1
        self.start()
        self.time.claims()

    def all_sent(self, transition: str) -> bool:
        """Whether the emails and webhook messages about it are finished, except digests."""
        emails = _emails().filter(transition=transition, digest_end=None)
        messages = WebhookMessage.objects.filter(transition=transition)
        wrote = emails.exists() and messages.exists()
        return (
            wrote
            and not emails.unfinished().exists()
            and not messages.unfinished().exists()
        )

    def end_digest(self) -> None:
        """As if the hour had passed."""
        waiting = _emails().unfinished().exclude(digest_end=None)
        waiting.update(digest_end=now(), due_at=now())

    def digest_is_sent(self) -> bool:
        return not _emails().exclude(digest_end=None).unfinished().exists()

    def received(self) -> dict[tuple[str, str], int]:
        """Return how many different notices everyone got, by the start of their text."""
        arrivals = [*self.receivers.emails, *self.receivers.webhooks]
        different = {(one.to, one.text, one.id) for one in arrivals}
        return Counter((to, text.partition(":")[0]) for to, text, _ in different)

    def repeated(self) -> list[Arrival]:
        """Return the copies of notices that had arrived before."""
        seen, copies = set(), []
        for one in [*self.receivers.emails, *self.receivers.webhooks]:
            if (one.to, one.text, one.id) in seen:
                copies.append(one)
            seen.add((one.to, one.text, one.id))
        return copies


def _emails():
    return Notice.objects.filter(channel=EMAIL)


def mass_failure(
    portal: RunningPortal,
    receivers: NoticeReceivers,
    passing: Shortened | Waiting,
    *,
    connections: int,
    admins: int,
) -> MassFailure:
    """Create the connections and the people, of whom one gets an hourly digest."""
    portal.environ |= receivers.environ
    stream = factories.stream()
    factories.live_cursors(stream, connections)
    workspaces = [*Workspace.objects.filter(partner=stream.partner).order_by("pk")]
    addresses = [f"admin{number}@example.com" for number in range(admins)]
    users = User.objects.bulk_create(User(email=one) for one in addresses)
    WorkspaceMembership.objects.bulk_create(
        WorkspaceMembership(user=user, workspace=workspace, role="admin")
        for user, workspace in zip(users, workspaces, strict=False)
    )
    _add_dora(workspaces[-IN_DIGEST:])
    factories.partner_member(stream.partner, "admin", PETRA)
    factories.staff(OLGA)
    factories.webhook_endpoint(stream.partner, receivers.url("/partner"))
    factories.webhook_endpoint(stream.partner, receivers.url("/slack"), kind="slack")
    factories.webhook_endpoint(workspaces[0], receivers.url("/workspace"))
    return MassFailure(portal, receivers, stream, passing, addresses)


def _add_dora(workspaces: list[Workspace]) -> None:
    dora = factories.user(DORA)
    for workspace in workspaces:
        WorkspaceMembership.objects.create(user=dora, workspace=workspace, role="admin")
        hourly = {(Alert.Condition.ATTENTION, EMAIL): "hourly"}
        choose(user=dora, owner=workspace, choices=hourly)


def fail_and_recover(made: MassFailure) -> None:
    """Refuse all keys while email is down, accept them, and kill a sender again and again."""
    with made.receivers.email_down():
        made.start()
        made.portal.beat()
        made.refuse()
        # All of them, so that those who get digests have one about all.
        own = Alert.objects.open().filter(stream=made.stream)
        made.until(lambda: own.count() == made.connections)
        inboxes = Notice.objects.filter(channel=INBOX)
        made.until(lambda: inboxes.exclude(sent_at=None).count() > len(made.admins))
        made.until(lambda: len(made.receivers.webhooks) >= 3)
        made.time.outage()
        assert made.receivers.emails == []
    with made.kill_during(_in_the_middle(made)):
        made.time.backoff()
    made.until(lambda: made.all_sent(OPENED))
    with made.kill_during(lambda mail: mail["To"] == DORA):
        made.end_digest()
    made.until(made.digest_is_sent)

    made.replace()
    with made.kill_during(lambda mail: mail["Subject"].startswith("Recovered")):
        made.time.recovery()
    made.until(lambda: not Alert.objects.open().exists())
    made.until(lambda: made.all_sent(CLOSED))
    made.end_digest()
    made.until(made.digest_is_sent)


def _in_the_middle(made: MassFailure) -> Callable[[EmailMessage], bool]:
    return lambda mail: len(made.receivers.smtp.accepted) > len(made.admins) // 2


def expected(made: MassFailure) -> dict[tuple[str, str], int]:
    """Return what everyone gets, as `MassFailure.received` does."""
    number = made.connections
    each = {
        (PETRA, f"Delivery stopped for {number:,} workspaces"): 1,
        (PETRA, "Recovered"): 1,
        (OLGA, "Many connections need attention"): 1,
        (OLGA, "Recovered"): 1,
        (DORA, "Alert digest"): 2,
        ("/slack", "*Delivery stopped"): 1,
        ("/slack", "*Recovered"): 1,
    }
    for path in ("/partner", "/workspace"):
        each |= {(path, "alert.opened"): 1, (path, "alert.closed"): 1}
    for address in made.admins:
        each |= {(address, "Delivery stopped"): 1, (address, "Recovered"): 1}
    return each
