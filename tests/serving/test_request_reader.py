"""Bytes become requests, whose bodies have a limit and are counted."""

from __future__ import annotations

import pytest

from streams.base.request_errors import RequestRefused
from streams.serving.application import BodyLimit
from streams.serving.body_budget import BodyBudget
from streams.serving.request_reader import RequestReader
from streams.serving.timeouts import CHECKED_BODY


class Limits:
    """The limits of an application."""

    max_bytes = 2 * CHECKED_BODY
    reserves_bodies = True


@pytest.fixture
def budget():
    return BodyBudget()


@pytest.fixture
def reader(budget):
    return RequestReader(Limits(), budget)


def post(path, *lines, body=b""):
    head = "\r\n".join([f"POST {path} HTTP/1.1", "Host: x", *lines, "", ""])
    return head.encode() + body


def small(path, body=b"{}"):
    return post(path, f"Content-Length: {len(body)}", body=body)


def read(reader, data):
    return [request.path for request in reader.read(memoryview(data))]


def test_the_requests_of_one_read_come_in_their_order(reader, budget):
    assert read(reader, small("/1") + small("/2") + small("/3")[:-1]) == ["/1", "/2"]

    assert (reader.request.path, reader.must_ask()) == ("/3", False)
    assert budget.total == 5  # bytes of bodies, one still missing


def test_requests_before_malformed_data_are_read(reader):
    requests = reader.read(memoryview(small("/1") + b"nonsense\r\n\r\n"))

    assert next(requests).path == "/1"
    with pytest.raises(RequestRefused, match="not HTTP"):
        next(requests)


@pytest.mark.parametrize(
    "line",
    [
        f"Content-Length: {CHECKED_BODY + 1}",
        "Transfer-Encoding: chunked",
        "Content-Length: 2\r\nExpect: 100-continue",
    ],
)
def test_a_large_body_or_one_of_unknown_size_is_asked_about_once(reader, line):
    read(reader, post("/1", line))

    assert [reader.must_ask(), reader.must_ask()] == [True, False]


def test_a_request_that_arrived_whole_is_not_asked_about(reader):
    body = b"2\r\n{}\r\n0\r\n\r\n"

    assert read(reader, post("/1", "Transfer-Encoding: chunked", body=body)) == ["/1"]
    assert not reader.must_ask()


def test_an_admitted_body_is_counted_before_it_arrives(reader, budget):
    length = 3 * CHECKED_BODY
    read(reader, post("/1", f"Content-Length: {length}"))

    reader.admit(BodyLimit(length, is_known=True))
    assert budget.total == length
    assert read(reader, b"x" * length) == ["/1"]

    assert budget.total == length  # until its receiver releases it


def test_a_body_over_the_applications_limit_is_refused(reader, budget):
    read(reader, post("/1", f"Content-Length: {CHECKED_BODY + 1}"))

    with pytest.raises(RequestRefused, match="larger than"):
        reader.admit(BodyLimit(CHECKED_BODY))
    reader.stop()

    assert budget.total == 0


def test_a_body_in_chunks_is_refused_once_it_is_over_the_limit(reader, budget):
    read(reader, post("/1", "Transfer-Encoding: chunked"))
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    read(reader, chunk * 2)

    with pytest.raises(RequestRefused, match="larger than"):
        read(reader, chunk)
    reader.stop()

    assert budget.total == 0
