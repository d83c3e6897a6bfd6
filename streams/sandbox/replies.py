"""An answer as HTTP/1.1 bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_BODY = {204, 304}


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, headers and a body; JSON unless the headers say otherwise."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self, *, keep_alive: bool) -> bytes:
        """The status line and the headers, up to and with the empty line."""
        headers = {"Content-Type": "application/json", **self.headers}
        if self.status not in _WITHOUT_BODY:
            headers["Content-Length"] = str(len(self.body))
        if not keep_alive:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def encoded(self, *, keep_alive: bool) -> bytes:
        """All of it."""
        body = b"" if self.status in _WITHOUT_BODY else self.body
        return self.head(keep_alive=keep_alive) + body


def json_reply(content: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, msgspec.json.encode(content))


def success() -> Reply:
    """What Segment says to all it took, and to much that it did not."""
    return json_reply({"success": True})


def failure(status: int, message: str, code: str | None = None) -> Reply:
    """What Segment says where it says no."""
    coded = {} if code is None else {"code": code}
    return json_reply({"success": False, **coded, "message": message}, status)
