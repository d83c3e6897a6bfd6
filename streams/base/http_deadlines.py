"""HTTP requests that end at a deadline, however slow the other side is.

The timeout of an ordinary socket restarts with every byte that arrives. Here, every wait is
limited to the remaining time of the request: connecting to any of the host's addresses, TLS,
sending, and every byte of the response. Name resolution has its own limits.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import urllib.request
from typing import TYPE_CHECKING, Any, override

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.util.ssl_ import create_urllib3_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    # Base classes of the mixins below.
    _Socket = socket.socket
    _Urllib3Connection = HTTPConnection
else:
    _Socket = _Urllib3Connection = object

CONNECT_TIMEOUT_S = 5.0


class Deadline:
    """The end of the current request, by the monotonic clock, and how long it connected."""

    def __init__(self, seconds: float = 0) -> None:
        self.restart(seconds)

    def restart(self, seconds: float) -> None:
        """Start a new request that may take this long."""
        self.at = time.monotonic() + seconds
        self.connecting_s = 0.0

    @property
    def has_passed(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self.at

    def remaining_s(self) -> float:
        """Return the remaining seconds. Raises TimeoutError if there are none."""
        remaining = self.at - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("The request took too long.")
        return remaining


class _Deadlined(_Socket):
    """A socket mixin: no wait exceeds the deadline."""

    deadline: Deadline | None = None

    def recv_into(self, *arguments: Any) -> int:
        self._limit()
        return super().recv_into(*arguments)

    def send(self, *arguments: Any) -> int:
        self._limit()
        return super().send(*arguments)

    def sendall(self, *arguments: Any) -> None:
        # A plain socket applies the timeout to the whole call; TLS calls `send`.
        self._limit()
        super().sendall(*arguments)

    def _limit(self) -> None:
        if self.deadline is not None:
            self.settimeout(self.deadline.remaining_s())


class PlainSocket(_Deadlined, socket.socket):
    """A socket. Its waits end at its `deadline`, once it has one."""


class TLSSocket(_Deadlined, ssl.SSLSocket):
    """A TLS socket. Its waits end at its `deadline`, once it has one."""


def connect(host: str, port: int, deadline: Deadline) -> PlainSocket:
    """Connect to the first address of a host that accepts. Raises OSError."""
    failure: OSError | None = None
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in addresses:
        connection = PlainSocket(family, kind, protocol)
        connection.deadline = deadline
        try:
            connection.settimeout(min(CONNECT_TIMEOUT_S, deadline.remaining_s()))
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(deadline.remaining_s())  # for the TLS handshake
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure or OSError(f"{host} has no address.")


class _Connection(_Urllib3Connection):
    """A mixin for urllib3 connections that passes the deadline to the socket."""

    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        try:
            return connect(self._dns_host, self.port, self.deadline)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "The connection took too long.") from error
        except OSError as error:
            raise NewConnectionError(self, "The connection failed.") from error

    def connect(self) -> None:
        began = time.monotonic()
        try:
            super().connect()
        finally:
            self.deadline.connecting_s += time.monotonic() - began
        _set_deadline(self.sock, self.deadline)


class _PlainConnection(_Connection, HTTPConnection):
    pass


class _TLSConnection(_Connection, HTTPSConnection):
    pass


def _set_deadline(connected: object, deadline: Deadline) -> None:
    if isinstance(connected, _Deadlined):
        connected.deadline = deadline


def deadline_context(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return the context, which creates TLSSockets from now on."""
    context.sslsocket_class = TLSSocket
    return context


class DeadlineAdapter(HTTPAdapter):
    """Applies a request's `timeout` to its total time.

    All connections share one deadline. Send one request at a time, and read its body before
    the next one.
    """

    def __init__(self) -> None:
        self.deadline = Deadline()
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Do the same as requests, with our connections."""
        context = deadline_context(create_urllib3_context())
        super().init_poolmanager(*arguments, ssl_context=context, **options)
        self._use_deadline(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> urllib3.ProxyManager:
        """Do the same as requests, with our connections."""
        context = deadline_context(create_urllib3_context())
        manager: urllib3.ProxyManager = super().proxy_manager_for(
            proxy, ssl_context=context, **options
        )
        self._use_deadline(manager)
        return manager

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send the request; `timeout` is the total, in seconds."""
        self.deadline.restart(timeout)
        return super().send(
            request,
            stream=stream,
            timeout=timeout,
            verify=verify,
            cert=cert,
            proxies=proxies,
        )

    def _use_deadline(self, manager: urllib3.PoolManager) -> None:
        own = {"deadline": self.deadline}
        plain = {"ConnectionCls": type("Plain", (_PlainConnection,), own)}
        tls = {"ConnectionCls": type("TLS", (_TLSConnection,), own)}
        manager.pool_classes_by_scheme = {
            "http": type("PlainPool", (urllib3.HTTPConnectionPool,), plain),
            "https": type("TLSPool", (urllib3.HTTPSConnectionPool,), tls),
        }


class DeadlineSession(requests.Session):
    """A session whose `timeout` is a request's total time; for one thread."""

    def __init__(self) -> None:
        super().__init__()
        self._adapter = DeadlineAdapter()
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    @property
    def connecting_s(self) -> float:
        """The time that the last request connected, with TLS; 0: it reused a connection."""
        return self._adapter.deadline.connecting_s


class _UrllibConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        deadline = Deadline(self.timeout or CONNECT_TIMEOUT_S)
        self._create_connection = lambda address, *_: connect(
            address[0], address[1], deadline
        )
        super().connect()
        _set_deadline(self.sock, deadline)


class _UrllibTLSConnection(_UrllibConnection, http.client.HTTPSConnection):
    pass


class DeadlineHandler(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """A handler for urllib openers whose `timeout` is the total time of a request."""

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open an HTTP URL."""
        return self.do_open(_UrllibConnection, req)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open an HTTPS URL with verified certificates."""
        context = deadline_context(ssl.create_default_context())
        return self.do_open(_UrllibTLSConnection, req, context=context)
