"""A real SMTP server on loopback that keeps what it accepts, and can misbehave."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser


class SmtpServer:
    """A server that can be stopped, and started again on the same port."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.arrived_s: list[float] = []  # of each, monotonic
        self.refuses = False  # responds to every email with 451
        # Called with an email that is accepted, before the sender learns it.
        self.before_response: Callable[[EmailMessage], object] = lambda _: None
        self._server: socketserver.ThreadingTCPServer | None = None
        self.port = 0
        self._lock = threading.Lock()
        self.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        server = socketserver.ThreadingTCPServer(
            ("127.0.0.1", self.port), self._handler()
        )
        server.daemon_threads = True
        self.port, self._server = server.server_address[1], server
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def accept(self, mail: EmailMessage) -> None:
        with self._lock:
            self.arrived_s.append(time.monotonic())
            self.accepted.append(mail)

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 loopback")
                while line := self.rfile.readline():
                    verb = line[:4].upper()
                    if verb == b"DATA":
                        self._data()
                    elif verb == b"QUIT":
                        return self._say("221 bye")
                    else:
                        self._say("250 ok")
                return None

            def _data(self) -> None:
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line.removeprefix(b".") if line[:2] == b".." else line)
                if server.refuses:
                    return self._say("451 later")
                parser = BytesParser(policy=policy.default)
                mail = parser.parsebytes(b"".join(lines))
                server.accept(mail)
                server.before_response(mail)
                return self._say("250 accepted")

            def _say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        return Handler


@contextmanager
def smtp_server() -> Iterator[SmtpServer]:
    server = SmtpServer()
    try:
        yield server
    finally:
        server.stop()
