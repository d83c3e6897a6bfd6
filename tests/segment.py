"""A real local Segment for tests: the fixture `segment`, with scripted responses.

    def test_an_unavailable_segment_is_retried(segment):
        segment.answers = [503]

`segment.url` is the base URL to deliver to (`/v1` follows); `url_of("eu")` that of a region.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import pytest

from streams.sandbox.debugger.event_view import source_of
from streams.sandbox.serving.server import Server

WRITE_KEY = "SandboxTestWriteKey0000000000001"

_ROOT = Path(__file__).resolve().parents[1]
_PAGE = 2_000


class SandboxSegment:
    """A running sandbox, controlled through its API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def url_of(self, region: str) -> str:
        """Return the base URL of `us`, `eu` or `sandbox`."""
        return f"{self.url}/{region}"

    @property
    def answers(self) -> list[Any]:
        """The scripted responses; setting them determines the next responses.

        Each is a status or an object (see streams.sandbox.faults.scripts). After the
        last one, the sandbox behaves as Segment again.
        """
        rules = self._ask("GET", "/_sandbox/behaviour")["rules"]
        return cast("list[Any]", rules[0]["answers"]) if rules else []

    @answers.setter
    def answers(self, answers: list[Any]) -> None:
        self.behave({"answers": answers})

    def behave(self, *rules: dict[str, Any]) -> None:
        """Apply these rules of the script language in place of the earlier ones."""
        self._ask("PUT", "/_sandbox/behaviour", {"rules": list(rules)})

    def know(self, *sources: dict[str, Any]) -> None:
        """Let these be the only sources: {"write_key": …, "region": "eu"}."""
        self._ask("PUT", "/_sandbox/sources", {"known": list(sources)})

    def suppress(self, *user_ids: str) -> None:
        """Drop the events of these users."""
        self._ask("PUT", "/_sandbox/suppressed", {"user_ids": user_ids})

    def oauth(self, *apps: dict[str, Any], **settings: Any) -> dict[str, Any]:
        """Let these be the OAuth apps; return the state of the control API."""
        return self._ask("PUT", "/_sandbox/oauth", {"apps": list(apps), **settings})

    def revoke(self, **which: str) -> int:
        """Revoke all tokens, one `token`, or those of an `app_id`; return how many."""
        revoked = self._ask("DELETE", "/_sandbox/oauth/tokens", which)["revoked"]
        return cast("int", revoked)

    def stats(self, *, brief: bool = False) -> dict[str, Any]:
        """Return the counts since the reset, `brief` without write keys and seconds."""
        return self._ask("GET", f"/_sandbox/stats?brief={brief:d}")

    def events(self, write_key: str | None = None) -> list[dict[str, Any]]:
        """Return every stored event as it was sent, in the order of arrival."""
        return [shown["event"] for shown in self.shown_events(write_key)]

    def shown_events(self, write_key: str | None = None) -> list[dict[str, Any]]:
        """Return them with number, region, write key and received_at of each."""
        found: list[dict[str, Any]] = []
        after, of = 0, {} if write_key is None else {"source": source_of(write_key)}
        while page := self.events_after(after, **of):
            found += page
            after = page[-1]["number"]
        return found

    def events_after(self, number: int, **query: str) -> list[dict[str, Any]]:
        """Return the next events after this number, at most a page of them."""
        asked = urlencode({"limit": _PAGE, "after": number, **query})
        page = self._ask("GET", f"/_sandbox/events?{asked}")
        return cast("list[dict[str, Any]]", page["events"])

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Return the newest 1,000 calls and their responses, oldest first."""
        return self.requests_after(0)

    def requests_after(self, number: int) -> list[dict[str, Any]]:
        """Return those of them that arrived after the one with this number."""
        found = self._ask("GET", f"/_sandbox/requests?after={number}")["requests"]
        return cast("list[dict[str, Any]]", found)

    def reset(self) -> None:
        """Start again: no events, no counts, all well-formed keys known, no script."""
        self._ask("DELETE", "/_sandbox/behaviour")
        self._ask("PUT", "/_sandbox/sources", {"known": None})
        self._ask("PUT", "/_sandbox/suppressed", {"user_ids": []})
        self._ask("DELETE", "/_sandbox/oauth")
        self._ask("DELETE", "/_sandbox/events")

    def _ask(self, method: str, path: str, content: object = None) -> dict[str, Any]:
        body = None if content is None else json.dumps(content)
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer = cast("dict[str, Any]", json.loads(response.read()))
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(answer["error"])
        return answer


@contextmanager
def sandbox_in_a_thread() -> Iterator[SandboxSegment]:
    """A sandbox in this process, on its own port."""
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stopped = asyncio.Event()
        server = Server(host="127.0.0.1", port=0)
        async with server:
            started.set_result((server.url, asyncio.get_running_loop(), stopped))
            await stopped.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="sandbox")
    thread.start()
    url, loop, stopped = started.result(timeout=10)
    try:
        yield SandboxSegment(url)
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(timeout=10)


@contextmanager
def sandbox_process(*options: str) -> Iterator[tuple[SandboxSegment, subprocess.Popen]]:
    """A sandbox as `python -m streams.sandbox` starts it, on its own port."""
    command = [sys.executable, "-m", "streams.sandbox", "--port", "0", *options]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            line = process.stdout.readline()
            yield SandboxSegment(line.strip().rpartition(" ")[2]), process
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def _sandbox() -> Iterator[SandboxSegment]:
    with sandbox_in_a_thread() as sandbox:
        yield sandbox


@pytest.fixture
def segment(_sandbox: SandboxSegment) -> SandboxSegment:
    """A local Segment, reset for each test."""
    _sandbox.reset()
    return _sandbox
