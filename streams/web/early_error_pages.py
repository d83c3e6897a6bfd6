"""Pages for requests that the server refuses before Django sees them."""

from __future__ import annotations

from django.template.loader import render_to_string

from streams.serving.wsgi import MAX_BODY_BYTES

BYTES_PER_MB = 1_000_000


def server_pages() -> dict[int, bytes]:
    """Return the HTML for browsers, by status. Each page is the same for everyone."""
    limit = {"megabytes": MAX_BODY_BYTES // BYTES_PER_MB}
    return {
        413: render_to_string("413.html", limit).encode(),
        503: render_to_string("503.html").encode(),
    }
