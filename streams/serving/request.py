"""One HTTP request, as the application gets it."""

from __future__ import annotations

from dataclasses import dataclass

from streams.serving.request_id import proxys_request_id, request_id


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
