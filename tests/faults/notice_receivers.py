"""The servers that receive the notices of a whole soak, and the notices that they got."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.https_receiver import Receiver, receiver
from tests.servers.smtp import SmtpServer, smtp_server

HANGS_S = 8.0  # longer than a sender waits


@dataclass(frozen=True, slots=True)
class Arrival:
    """A notice as its receiver got it."""

    id: str  # the same when it is sent again; empty: Slack
    to: str  # an address, or the path of a URL
    text: str  # the subject, the type of a webhook, or the first line in Slack
    at_s: float  # monotonic

    @property
    def is_end(self) -> bool:
        return self.text.startswith(("Recovered", "*Recovered", "alert.closed"))


@dataclass(slots=True)
class NoticeReceivers:
    """An email server, and a server for webhooks at /… and for Slack at /slack/…."""

    smtp: SmtpServer
    https: Receiver

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a portal that sends its notices here."""
        return {
            "EMAIL_URL": self.smtp.url,
            "PORTAL_URL": "https://portal.example",
            "LOCAL_WEBHOOKS": "on",
            "SSL_CERT_FILE": str(self.https.authority),
        }

    def url(self, path: str) -> str:
        return f"https://localhost:{self.https.port}{path}"

    @property
    def emails(self) -> list[Arrival]:
        pairs = zip(self.smtp.accepted, self.smtp.arrived_s, strict=False)
        return [
            Arrival(mail["Message-ID"], mail["To"], mail["Subject"], at_s)
            for mail, at_s in [*pairs]
        ]

    @property
    def webhooks(self) -> list[Arrival]:
        """Return the requests that got a success as their response."""
        return [
            Arrival(one.headers.get("webhook-id", ""), one.path, _text(one.body), one.arrived_s)
            for one in [*self.https.received]
            if one.status == 200
        ]  # fmt: skip

    @contextmanager
    def email_down(self) -> Iterator[None]:
        self.smtp.stop()
        yield
        self.smtp.start()

    @contextmanager
    def email_refused(self) -> Iterator[None]:
        self.smtp.refuses = True
        yield
        self.smtp.refuses = False

    @contextmanager
    def webhooks_failing(self) -> Iterator[None]:
        self.https.status = 503
        yield
        self.https.status = 200

    @contextmanager
    def webhooks_hanging(self) -> Iterator[None]:
        self.https.status = 503  # for those who wait longer
        self.https.before_response = lambda: time.sleep(HANGS_S)
        yield
        self.https.before_response = lambda: None
        self.https.status = 200


def _text(body: bytes) -> str:
    content = json.loads(body)
    return content.get("type") or content["text"].partition("\n")[0]


@contextmanager
def notice_receivers(folder: Path) -> Iterator[NoticeReceivers]:
    with smtp_server() as smtp, receiver(folder, "localhost") as https:
        yield NoticeReceivers(smtp, https)
