"""The debugger page and its files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from streams.sandbox.http.responses import Response, failure

_ROOT = Path(__file__).resolve().parents[3]
_PAGE = _ROOT / "templates" / "sandbox" / "debugger.html"
_STATIC = _ROOT / "static" / "sandbox"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def debugger() -> Response:
    """Return the debugger's page."""
    return _file(_PAGE)


def static(path: str) -> Response:
    """Return a file of `/static/sandbox/`."""
    files = {f"/static/sandbox/{file.name}": file for file in _STATIC.iterdir()}
    if path not in files:
        return failure(404, "This file does not exist.")
    return _file(files[path])


@cache
def _file(file: Path) -> Response:
    headers = {"Content-Type": _TYPES[file.suffix], **_HEADERS}
    return Response(200, file.read_bytes(), headers)
