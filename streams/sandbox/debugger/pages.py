"""The debugger page and its files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from streams.sandbox.http.responses import Response, failure

_ROOT = Path(__file__).resolve().parents[3]
_PAGE = _ROOT / "templates" / "sandbox" / "debugger.html"
_INBOUND = _PAGE.with_name("inbound.html")
_STATIC = _ROOT / "static"
# The debugger's own files, and the portal's look.
_FOLDERS = ("sandbox", "portal/css", "portal/fonts")

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def debugger() -> Response:
    """Return the debugger's page."""
    return _file(_PAGE)


def inbound() -> Response:
    """Return the page that sends events to inbound addresses."""
    return _file(_INBOUND)


def static(path: str) -> Response:
    """Return a file of the debugger, or of the portal's look."""
    if path not in _files():
        return failure(404, "This file does not exist.")
    return _file(_files()[path])


@cache
def _files() -> dict[str, Path]:
    return {
        f"/static/{folder}/{file.name}": file
        for folder in _FOLDERS
        for file in (_STATIC / folder).iterdir()
        if file.suffix in _TYPES
    }


@cache
def _file(file: Path) -> Response:
    headers = {"Content-Type": _TYPES[file.suffix], **_HEADERS}
    return Response(200, file.read_bytes(), headers)
