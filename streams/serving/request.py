"""One HTTP request, as the application gets it, and its ID for logs."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True, slots=True)
class Client:
    """The other end of a connection."""

    address: str = ""  # empty for a Unix socket
    is_encrypted: bool = False


class Request:
    """A request. The parser fills it in; from then on, it does not change.

    Not a dataclass, because one is created for each request.
    """

    __slots__ = (
        "_request_id", "body", "client", "closes", "expects_continue", "has_head", "headers",
        "length", "method", "path", "target",
    )  # fmt: skip

    def __init__(self, client: Client) -> None:
        self._request_id = ""
        self.client = client
        self.target = b""  # as sent, with its query
        self.method = ""
        self.path = ""
        self.headers: dict[str, str] = {}  # names in lower case
        self.has_head = False  # the head has arrived completely
        self.length: int | None = 0  # of the body, as announced; None: chunked
        self.expects_continue = False  # the sender waits for 100 Continue
        self.body = b""
        self.closes = False  # the connection closes after the response

    @property
    def request_id(self) -> str:
        """The proxy's X-Request-Id, or a generated one."""
        if not self._request_id:
            self._request_id = request_id(self.headers.get("x-request-id", ""))
        return self._request_id

    @property
    def proxys_request_id(self) -> str:
        """The proxy's X-Request-Id, or an empty string."""
        return proxys_request_id(self.headers.get("x-request-id", ""))


# The formats that proxies send: nginx's $request_id and UUIDs. Nothing else is accepted,
# because the ID is logged, and a write key (which has capital letters) must not be.
_OF_A_PROXY = re.compile(r"[0-9a-f-]{8,64}")
_NUMBERS = 0x1_0000_0000
_numbers = count()


def request_id(sent: str) -> str:
    """Return the ID that a proxy sent, or a new one."""
    return proxys_request_id(sent) or f"{_of_process}{next(_numbers) % _NUMBERS:08x}"


def proxys_request_id(sent: str) -> str:
    """Return the ID in this header if it can be logged, otherwise an empty string.

    32 digits get a UUID's hyphens. Without them, logs would mask them like a write key.
    """
    if not sent or not _OF_A_PROXY.fullmatch(sent):
        return ""
    return _with_hyphens(sent) if len(sent) == 32 and "-" not in sent else sent


def _with_hyphens(digits: str) -> str:
    return "-".join(
        (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    )


_of_process = _with_hyphens(secrets.token_hex(12))
