"""The responses of one connection, in the order of its requests."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING

import structlog

from streams.serving.application import Promise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.serving.application import Application, Response
    from streams.serving.body_budget import BodyBudget
    from streams.serving.request import Request

log = structlog.get_logger()


class ResponseQueue:
    """The complete requests without a response, in the order of their arrival.

    The application works on one at a time, so that events are numbered in the order in
    which they were sent.
    """

    def __init__(self, application: Application, budget: BodyBudget) -> None:
        self._application = application
        self._budget = budget
        self._requests: deque[Request] = deque()
        self._response: Promise[Response] | None = None  # to the first of them
        self._due_at = math.inf  # of that response; monotonic
        self._refused: tuple[Request, Response] | None = None  # after the others

    def __len__(self) -> int:
        return len(self._requests) + (self._refused is not None)

    def add(self, request: Request) -> None:
        """Queue a complete request, whose body is counted in the budget."""
        self._requests.append(request)

    def drop_after(self, count: int) -> bool:
        """Drop all but the first `count` requests. Returns whether there were more."""
        if len(self) <= count:
            return False
        self._refused = None
        while len(self._requests) > count:
            self._budget.release(len(self._requests.pop().body))
        return True

    def refuse(self, request: Request, response: Response) -> None:
        """Queue the response to a request that is not read completely. It is the last one."""
        self._refused = (request, response)

    def take(
        self, on_response: Callable[[Response], None]
    ) -> Iterator[tuple[Request, Response]]:
        """Yield the next responses, up to the first that the application only promises.

        Calls `on_response` later, when that response is there.
        """
        while self._requests:
            request = self._requests[0]
            if self._response is None:
                self._response = self._start(request)
                if self._response.value is None:
                    self._response.when_resolved(on_response)
            response = self._response.value
            if response is None:
                return
            self._response = None
            self._requests.popleft()
            self._budget.release(len(request.body))
            yield request, response
        if self._refused is not None:
            refused, self._refused = self._refused, None
            yield refused

    def _start(self, request: Request) -> Promise[Response]:
        self._due_at = time.monotonic() + self._application.response_timeout_s
        try:
            return self._application.respond(request)
        except Exception:  # a bug must affect only this request
            log.exception("serving.request_failed", request_id=request.request_id)
            return Promise.of(self._application.failure())

    def tick(self, now: float) -> None:
        """Respond in place of the application if it takes too long."""
        if self._response is not None and now >= self._due_at:
            headers = self._requests[0].headers
            self._response.give_up(self._application.timed_out(headers))

    def abandon(self) -> None:
        """Drop the requests of a client that is gone, except one in progress."""
        if self._response is None:
            self.drop_after(0)
        else:
            self._response.is_abandoned = True
            self.drop_after(1)
