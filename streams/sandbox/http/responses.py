"""Responses, and their encoding in HTTP/1.1."""

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
class Response:
    """A status, headers and a body, which is JSON unless the headers differ."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self, *, keep_alive: bool) -> bytes:
        """Encode the status line and the headers, including the empty line."""
        headers = {"Content-Type": "application/json", **self.headers}
        if self.status not in _WITHOUT_BODY:
            headers["Content-Length"] = str(len(self.body))
        if not keep_alive:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def encoded(self, *, keep_alive: bool) -> bytes:
        """Encode the whole response."""
        body = b"" if self.status in _WITHOUT_BODY else self.body
        return self.head(keep_alive=keep_alive) + body


def json_response(content: object, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(status, msgspec.json.encode(content))


def success() -> Response:
    """Return Segment's response to accepted calls, and to many that it drops."""
    return json_response({"success": True})


def failure(status: int, message: str, code: str | None = None) -> Response:
    """Return Segment's response to refused calls."""
    coded = {} if code is None else {"code": code}
    return json_response({"success": False, **coded, "message": message}, status)
