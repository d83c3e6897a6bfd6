"""The server: one port for Segment's API, the control API and the debugger."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from streams.sandbox.debugger import control_api
from streams.sandbox.debugger.recent_requests import KEPT_EVENTS
from streams.sandbox.faults.running_script import NORMAL
from streams.sandbox.http.access import AccessRules
from streams.sandbox.http.cors_and_pixel import cross_origin
from streams.sandbox.http.responses import Response, failure, json_response
from streams.sandbox.serving.connection import Connection
from streams.sandbox.serving.service import SegmentService

if TYPE_CHECKING:
    from types import TracebackType

    from streams.sandbox.faults.scripts import ScriptedResponse
    from streams.sandbox.http.request import Request

_CONTROL = ("/_sandbox/", "/static/")
_PAGES = ("/", "/inbound")


class Server:
    """A sandbox that listens within `async with`. Leaving it closes all connections."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        kept_events: int = KEPT_EVENTS,
        access: AccessRules | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._segment = SegmentService(kept_events)
        self._access = access or AccessRules()
        self._open_connections: set[Connection] = set()
        self._listener: asyncio.Server

    @property
    def url(self) -> str:
        """The sandbox's URL, with its actual port."""
        host, port = self._listener.sockets[0].getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._respond, self._open_connections),
            self._host,
            self._port,
            backlog=1024,
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.close()
        for connection in list(self._open_connections):
            connection.transport.abort()
        await self._listener.wait_closed()

    def _respond(self, request: Request) -> tuple[ScriptedResponse, Response]:
        if not self._access.allows_host(request):
            return NORMAL, failure(421, "This Host is not allowed. See --allowed-host.")
        if request.path in _PAGES or request.path.startswith(_CONTROL):
            return NORMAL, self._control_response(request)
        scripted, response = self._segment.respond(request)
        if "origin" in request.headers and not request.path.endswith("/token"):
            response = cross_origin(response)
        return scripted, response

    def _control_response(self, request: Request) -> Response:
        is_open = request.path == "/_sandbox/healthz"
        if is_open or self._access.may_control(request):
            return control_api.respond(self._segment, request)
        why = (
            "The control API is only available from this machine without a proxy, or with"
            " the control token."
        )
        return json_response({"error": why}, 403)
