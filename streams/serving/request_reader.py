"""Reads the requests of one connection: their order, their size, and their bodies' limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.serving import timeouts
from streams.serving.http_format import too_large
from streams.serving.request_parser import RequestParser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streams.serving.application import Application, BodyLimit, Promise, Response
    from streams.serving.body_budget import BodyBudget
    from streams.serving.request import Client, Request


class RequestReader:
    """The requests that arrive, with the state of the one that is being read.

    The bytes of a complete request stay counted in the budget: its receiver releases them.
    """

    def __init__(self, application: Application, budget: BodyBudget) -> None:
        self.request: Request | None  # incomplete, or just refused
        self.admission: Promise[BodyLimit | Response] | None  # while undecided
        self.owes_continue: bool  # its sender waits for 100 Continue, and may send
        self._application = application
        self._budget = budget
        self._parser = RequestParser()
        self._begin_next()

    def _begin_next(self) -> None:
        self.request = None
        self._counted = 0  # bytes of the body, in the budget
        self._max_bytes = self._application.max_bytes
        self._is_asked = False  # whether the application admits the body
        self.admission = None
        self.owes_continue = False

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of `request` that were read."""
        return {} if self.request is None else self.request.headers

    def use_client(self, client: Client) -> None:
        """Name the sender of the requests."""
        self._parser.client = client

    def read(self, data: memoryview) -> Iterator[Request]:
        """Yield the requests that this data completes.

        Raises RequestRefused, for `request`. Then read no more.
        """
        for request in self._parser.feed(data):
            self.request = request
            self._count(len(request.body))
            self._begin_next()
            yield request
        self.request = self._parser.request
        if self._parser.error is not None:
            raise self._parser.error
        if self.request is not None:
            self._count(self._parser.body_bytes)

    def must_ask(self) -> bool:
        """Whether the application has to admit the body now. True once per request.

        Usually, a request is checked together with its body.
        """
        request = self.request
        if request is None or not request.has_head or self._is_asked:
            return False
        is_large = request.length is None or request.length > timeouts.CHECKED_BODY
        self._is_asked = is_large or request.expects_continue
        return self._is_asked

    def admit(self, limit: BodyLimit) -> None:
        """Accept a body up to this limit. Raises RequestRefused."""
        request = self.request
        self.admission = None
        if request is None:
            return
        self._max_bytes = limit.max_bytes
        size = max(request.length or 0, self._parser.body_bytes)
        if size > limit.max_bytes:
            raise too_large(limit.max_bytes)
        if self._application.reserves_bodies:
            self._reserve(request.length or 0, is_known=limit.is_known)
        self.owes_continue = request.expects_continue

    def stop(self) -> None:
        """Read no more. The incomplete request is not counted any longer."""
        self._budget.release(self._counted)
        self._counted = 0
        self.admission = None
        self.owes_continue = False

    def close(self) -> None:
        """Stop, and free the parser."""
        self.stop()
        self._parser.close()

    def _count(self, received: int) -> None:
        if received > self._max_bytes:
            raise too_large(self._max_bytes)
        self._reserve(received, is_known=True)

    def _reserve(self, size: int, *, is_known: bool) -> None:
        """Count up to `size` bytes of the body in all. Raises RequestRefused."""
        if size > self._counted:
            self._budget.reserve(size - self._counted, is_known=is_known)
            self._counted = size
