"""The client for URLs that customers enter.

A name is resolved once. All of its addresses must be public, and the connection is made to
one of those that were checked, so a name whose addresses change (“DNS rebinding”) leads
nowhere else. The certificate is checked for the name. Redirects are not followed, no proxy
is used, and the time and the size of the response are limited in total.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, override

from streams.base.customer_urls.addresses import is_public
from streams.base.customer_urls.urls import LOCALHOST
from streams.base.http_deadlines import Deadline, TLSSocket, connect, deadline_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from streams.base.customer_urls.urls import CustomerUrl

TOTAL_S = 5.0
MAX_RESPONSE_BYTES = 64 * 1024
LOOPBACK = "127.0.0.1"
# A response that isn't HTTP, or ends early.
BROKEN = (OSError, http.client.HTTPException, ValueError)
MAX_ADDRESSES = 4  # that are tried; all are checked


class Failure(StrEnum):
    """Why there is no response."""

    UNKNOWN_NAME = "unknown_name"
    NOT_PUBLIC = "not_public"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    NOT_HTTP = "not_http"


class Unreached(Exception):
    """A request without a response."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Response:
    """The response of a customer's server, which may be hostile."""

    status: int
    body: bytes = field(default=b"", repr=False)


def resolve(host: str) -> list[str]:
    """Return the addresses of a name, as the system resolves it. Raises OSError."""
    # Absolute: a search domain would lead to names of the portal's own network.
    name = f"{host}."
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerUrlClient:
    """Sends requests to customers' URLs. Safe for several threads.

    Tests replace the network here: its names, its addresses and its certificates.
    """

    resolve: Callable[[str], Sequence[str]] = resolve
    is_allowed: Callable[[str], bool] = is_public
    ca_file: str | None = None  # None: the certificate authorities of the system
    total_s: float = TOTAL_S

    @classmethod
    def with_localhost(cls) -> Self:
        """Return a client for development, which also reaches this machine."""
        return cls(
            resolve=lambda host: [LOOPBACK] if host == LOCALHOST else resolve(host),
            is_allowed=lambda address: address == LOOPBACK or is_public(address),
        )

    def post(self, url: CustomerUrl, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a POST request with `headers` and no others of ours; return the status.

        The body of the response may contain secrets, so it leads nowhere. Raises Unreached.
        """
        return self.request("POST", url, body, headers, reads_body=False).status

    def request(
        self,
        method: str,
        url: CustomerUrl,
        body: bytes,
        headers: Mapping[str, str],
        *,
        reads_body: bool = True,
    ) -> Response:
        """Send a request as `post` does, and return the response. Raises Unreached.

        Without `reads_body`, a response whose body is late, long or broken is one, too.
        """
        deadline = Deadline(self.total_s)
        addresses = self._checked_addresses(url.host, deadline)
        try:
            with (
                _connected(addresses, url.port, deadline) as plain,
                self._encrypted(plain, url.host, deadline) as connection,
            ):
                response = _response(connection, method, url, body, headers)
                # Read in any case, because some servers stop if they can't send it. The
                # status says that the receiver has the request.
                with response, nullcontext() if reads_body else suppress(*BROKEN):
                    return Response(response.status, response.read(MAX_RESPONSE_BYTES))
                return Response(response.status)
        except TimeoutError:
            raise Unreached(Failure.TIMEOUT) from None
        except ssl.SSLError:
            raise Unreached(Failure.TLS) from None
        except BROKEN:
            raise Unreached(Failure.NOT_HTTP) from None

    def _checked_addresses(self, host: str, deadline: Deadline) -> list[str]:
        addresses = _resolved(self.resolve, host, deadline)
        if not all(self.is_allowed(address) for address in addresses):
            raise Unreached(Failure.NOT_PUBLIC)
        return addresses[:MAX_ADDRESSES]

    def _encrypted(
        self, plain: socket.socket, host: str, deadline: Deadline
    ) -> ssl.SSLSocket:
        context = deadline_context(ssl.create_default_context(cafile=self.ca_file))
        context.sslsocket_class = _SmallResponse
        plain.settimeout(deadline.remaining_s())  # of the whole handshake
        connection = context.wrap_socket(plain, server_hostname=host)
        assert isinstance(connection, _SmallResponse)  # noqa: S101 - for types
        connection.deadline = deadline
        return connection


class _SmallResponse(TLSSocket):
    """A socket that receives at most MAX_RESPONSE_BYTES, including the headers."""

    received = 0

    @override
    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        left = MAX_RESPONSE_BYTES - self.received
        if left <= 0:
            raise OSError("The response is too long.")
        size = min(nbytes or len(buffer), left)
        count = super().recv_into(buffer, size, flags)
        self.received += count
        return count


def _resolved(
    resolve: Callable[[str], Sequence[str]], host: str, deadline: Deadline
) -> list[str]:
    """Resolve a name before the deadline, in a thread: the system's resolver has no limit."""
    found: list[str] = []

    def run() -> None:
        with suppress(OSError, ValueError):  # ValueError: it can't be encoded
            found.extend(resolve(host))

    thread = threading.Thread(target=run, name="resolve", daemon=True)
    thread.start()
    thread.join(max(0.0, deadline.at - time.monotonic()))
    if thread.is_alive():
        raise Unreached(Failure.TIMEOUT)
    if not found:
        raise Unreached(Failure.UNKNOWN_NAME)
    return list(found)


def _connected(
    addresses: Sequence[str], port: int, deadline: Deadline
) -> socket.socket:
    """Connect to the first address that accepts; each gets a share of the time."""
    for number, address in enumerate(addresses):
        try:
            share_s = deadline.remaining_s() / (len(addresses) - number)
            connection = connect(address, port, Deadline(share_s))
        except OSError:
            continue
        connection.deadline = deadline
        return connection
    failure = Failure.TIMEOUT if deadline.has_passed else Failure.UNREACHABLE
    raise Unreached(failure)


def _response(
    connection: ssl.SSLSocket,
    method: str,
    url: CustomerUrl,
    body: bytes,
    headers: Mapping[str, str],
) -> http.client.HTTPResponse:
    request = http.client.HTTPConnection(url.host, url.port)
    request.sock = connection
    request.putrequest(method, url.target, skip_host=True, skip_accept_encoding=True)
    request.putheader("Host", url.origin.removeprefix("https://"))
    for name, value in headers.items():
        request.putheader(name, value)
    request.putheader("Content-Length", str(len(body)))
    request.putheader("Connection", "close")
    request.endheaders(body)
    return request.getresponse()
