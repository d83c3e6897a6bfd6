"""One request at a time as one person, with its changes rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core import mail
from django.db import transaction
from django.test import Client, TestCase
from django.utils.html import escape

from streams.base.email import wait_until_sent

if TYPE_CHECKING:
    from django.http import HttpResponse

    from streams.tenancy.models import User
    from tests.portal.access_table import Scene

HTML = "text/html"
BROWSER = {"User-Agent": "Firefox"}


@dataclass(frozen=True, slots=True)
class Visit:
    """One response and its request."""

    what: str
    html: str


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Visitor:
    """A visitor: one of the scene's people, no one, or another user."""

    def __init__(self, scene: Scene, who: str | User) -> None:
        self.scene, self.status, self.client = scene, 0, Client(headers=BROWSER)
        self.client.raise_request_exception = False
        person = scene.person(who) if isinstance(who, str) else who
        self.name = str(who)
        if person is not None:
            self.client.force_login(person)
        self.cookies = self.client.cookies.output(attrs=[], header="", sep=";")

    def visit(
        self, method: str, path: str, data: dict | None = None, **options: object
    ) -> Iterator[Visit]:
        """Yield the page at the end of all redirects, and the emails that it sent."""
        what = f"{self.name}: {method} {path}"
        self.client.cookies.clear()
        self.client.cookies.load(self.cookies)
        with TestCase.captureOnCommitCallbacks(execute=True):
            ask = getattr(self.client, method)
            response = ask(path, data or {}, follow=True, **options)
        self.status = response.status_code
        assert self.status < 500, what
        if response.headers.get("Content-Type", "").startswith(HTML):
            yield Visit(what, _text(response))
        wait_until_sent()
        while mail.outbox:
            sent = mail.outbox.pop()
            lines = [sent.subject, *sent.body.split("\n\n")]
            yield Visit(f"{what}: email", "<br>".join(map(escape, lines)))


def _text(response: HttpResponse) -> str:
    if response.streaming:
        return b"".join(response.streaming_content).decode()
    return response.content.decode()
