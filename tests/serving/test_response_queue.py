"""The responses of one connection come in the order of its requests."""

from __future__ import annotations

import pytest

from streams.serving.application import Promise
from streams.serving.body_budget import BodyBudget
from streams.serving.request import Client, Request
from streams.serving.response_queue import ResponseQueue


class Slow:
    """An application that promises each response, and whose tests complete them."""

    response_timeout_s = 10.0

    def __init__(self):
        self.promises = {}

    def respond(self, request):
        if request.path == "/fails":
            raise ValueError(request.path)
        self.promises[request.path] = Promise()
        return self.promises[request.path]

    def timed_out(self, headers):
        return "too late"

    def failure(self):
        return "failed"


@pytest.fixture
def application():
    return Slow()


@pytest.fixture
def budget():
    return BodyBudget()


@pytest.fixture
def queue(application, budget):
    return ResponseQueue(application, budget)


@pytest.fixture
def add(queue, budget):
    def add(path, body=b""):
        request = Request(Client())
        request.path, request.body = path, body
        budget.reserve(len(body))
        queue.add(request)

    return add


def taken(queue, on_response=print):
    return [(request.path, response) for request, response in queue.take(on_response)]


def test_a_request_starts_once_the_one_before_it_has_its_response(
    queue, add, application
):
    add("/1")
    add("/2")
    assert taken(queue) == []
    assert list(application.promises) == ["/1"]

    application.promises["/1"].value = "one"

    assert taken(queue) == [("/1", "one")]
    assert list(application.promises) == ["/1", "/2"]


def test_a_promised_response_is_reported_once_it_exists(queue, add, application):
    told = []
    add("/1")
    taken(queue, told.append)

    application.promises["/1"].resolve("one")
    application.promises["/1"].resolve("another")

    assert told == ["one"]
    assert taken(queue) == [("/1", "one")]


def test_a_refusal_comes_after_the_earlier_responses(queue, add, application):
    add("/1")
    refused = Request(Client())
    refused.path = "/2"
    queue.refuse(refused, "no")
    assert (taken(queue), len(queue)) == ([], 2)

    application.promises["/1"].value = "one"

    assert taken(queue) == [("/1", "one"), ("/2", "no")]
    assert len(queue) == 0


def test_work_that_takes_too_long_is_canceled_and_has_another_response(
    queue, add, application
):
    canceled = []
    add("/1")
    taken(queue)
    promise = application.promises["/1"]
    promise.cancel = lambda: canceled.append("/1")

    queue.tick(now=float("inf"))
    promise.resolve("one")

    assert (taken(queue), canceled) == ([("/1", "too late")], ["/1"])
    assert promise.is_abandoned


def test_an_application_that_fails_costs_its_request_alone(
    queue, add, application, caplog
):
    add("/fails")
    add("/2")

    assert taken(queue) == [("/fails", "failed")]
    assert list(application.promises) == ["/2"]
    assert "serving.request_failed" in caplog.text


def test_of_a_client_that_is_gone_only_the_request_in_progress_is_kept(
    queue, add, application, budget
):
    add("/1", b"x" * 10)
    add("/2", b"x" * 100)
    taken(queue)

    queue.abandon()
    assert (len(queue), budget.total) == (1, 10)
    application.promises["/1"].resolve("one")

    assert taken(queue) == [("/1", "one")]
    assert (len(queue), budget.total) == (0, 0)
    assert list(application.promises) == ["/1"]


def test_requests_over_a_limit_are_dropped(queue, add, budget):
    for path in ("/1", "/2", "/3"):
        add(path, b"x" * 10)
    assert not queue.drop_after(3)

    assert queue.drop_after(2)

    assert (len(queue), budget.total) == (2, 20)
