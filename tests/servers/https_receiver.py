"""A real HTTPS server on loopback that receives webhooks, and can misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.servers.certificates import self_signed


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    headers: dict[str, str]  # names in lowercase
    body: bytes
    status: int = 200  # that this server intends to respond with
    arrived_s: float = field(default_factory=time.monotonic)


class Receiver:
    """A server for `name`, whose certificate is in `authority`."""

    def __init__(
        self, folder: Path, name: str, host: str, port: int, like: Receiver | None
    ) -> None:
        self.received: list[Received] = []
        self.status = 200
        self.response_headers: dict[str, str] = {}
        # Called once a request has arrived, before the sender gets the response.
        self.before_response: Callable[[], object] = lambda: None
        self.authority, self.context = (
            (like.authority, like.context)
            if like
            else self_signed(folder / f"{name}.pem", name)
        )
        self._server = _Server((host, port), self._handler())
        self._server.socket = self.context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        ).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.status
                received = Received(self.path, headers, body, status)
                receiver.received.append(received)
                receiver.before_response()
                self.send_response(status)
                for name, value in receiver.response_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_: object) -> None:
        pass  # a client that leaves early, or refuses the certificate


@contextmanager
def receiver(
    folder: Path,
    name: str,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    like: Receiver | None = None,
) -> Iterator[Receiver]:
    """Start a receiver; one that is `like` another has the same certificate."""
    server = Receiver(folder, name, host, port, like)
    try:
        yield server
    finally:
        server.stop()
