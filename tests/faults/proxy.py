"""A proxy between two processes that can be cut, closed or slowed down."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 64 * 1024


@dataclass(slots=True)
class Proxy:
    """Listens on the loopback and forwards to `port`; as a TLS server with `tls`.

    `delay_s` delays each piece of data in both directions.
    """

    port: int  # of the server behind it
    delay_s: float = 0.0
    tls: ssl.SSLContext | None = None
    _listener: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0))
    )
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ended: bool = False

    @property
    def own_port(self) -> int:
        return self._listener.getsockname()[1]

    def cut(self) -> None:
        """Close every connection; new ones are accepted."""
        with self._lock:
            for side in self._open:
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Serve until `end`, in the caller's thread."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def end(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _join(self, client: socket.socket) -> None:
        try:
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        except OSError:  # the client does not trust us, or no server is behind
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            self._open |= {client, server}
        back = threading.Thread(target=self._pass, args=(server, client), daemon=True)
        back.start()
        self._pass(client, server)
        back.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _pass(self, giver: socket.socket, taker: socket.socket) -> None:
        with suppress(OSError):
            while chunk := giver.recv(CHUNK):
                if self.delay_s:
                    time.sleep(self.delay_s)
                taker.sendall(chunk)
        for side in (giver, taker):  # if one end has closed, the other closes too
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_to(port: int, *, tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    proxy = Proxy(port, tls=tls)
    thread = threading.Thread(target=proxy.serve, name="proxy")
    thread.start()
    try:
        yield proxy
    finally:
        proxy.end()
        thread.join()
