from __future__ import annotations

from dataclasses import dataclass

from streams.base.public_urls import portal_url
from streams.base.request_errors import RequestRefused
from streams.spec.call_structure import BATCH_PATHS, CALL_PATHS

PREFIX = "/v1/"


@dataclass(frozen=True, slots=True)
class Route:
    """A path for one event of this call, or (None) for a batch."""

    call: str | None


_ROUTES: dict[str, Route] = {
    **{PREFIX + path: Route(call) for path, call in CALL_PATHS.items()},
    **{PREFIX + path: Route(None) for path in BATCH_PATHS},
}


def is_known(path: str) -> bool:
    """Whether events can be sent to this path."""
    return path.removesuffix("/") in _ROUTES


def find_route(method: str, path: str) -> Route | None:
    """Return the route of a POST; None for an OPTIONS. Raises RequestRefused.

    A trailing slash is ignored, because the Java library posts to /v1/import/.
    """
    route = _ROUTES.get(path.removesuffix("/"))
    if route is None:
        raise _unknown(path)
    if method == "OPTIONS":
        return None
    if method != "POST":
        raise RequestRefused(
            405,
            "INGEST-METHOD-001",
            f"This path supports POST, not {method}.",
            "Send the events as the JSON body of a POST request.",
            {"allow": "POST, OPTIONS"},
        )
    return route


def _unknown(path: str) -> RequestRefused:
    fix = "Send the request to /v1/track, /v1/batch or the path of another call."
    if path.startswith("/api/"):
        address = portal_url() or "the address of the portal's pages"
        fix = f"This is the address for events. Send API requests to {address}."
    return RequestRefused(404, "INGEST-PATH-001", "This path does not exist.", fix)
