"""Requests of the load generator."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode

import pytest

from bench.load.events import as_sent
from bench.load.generator import Job, requests_of


def job(tmp_path, **changes) -> Job:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(["ik_one", "ik_two"]))
    usual = {
        "port": 1,
        "keys_file": str(keys),
        "prefix": "run",
        "requests": 4,
        "clients": 2,
    }
    return Job(**{**usual, **changes})


def parted(request: bytes) -> tuple[dict[str, str], bytes]:
    """Split a request into its headers and its body, by its length."""
    head, _, body = request.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
    assert len(body) == int(headers["Content-Length"])
    return headers, body


def test_single_events_go_to_each_key_in_turn_with_unique_ids(tmp_path):
    sent = [parted(request) for request in requests_of(job(tmp_path))]

    keys = [headers["Authorization"] for headers, _ in sent]
    assert set(keys) == {
        f"Basic {b64encode(key).decode()}" for key in (b"ik_one:", b"ik_two:")
    }
    assert keys[:2] == keys[2:]
    assert [json.loads(body)["messageId"] for _, body in sent] == [
        f"run-{number:012d}" for number in range(4)
    ]


def test_ids_continue_from_one_batch_to_the_next(tmp_path):
    sent = [parted(request) for request in requests_of(job(tmp_path, batch=3))]

    ids = [e["messageId"] for _, body in sent for e in json.loads(body)["batch"]]
    assert ids == [f"run-{number:012d}" for number in range(12)]


def test_a_body_can_be_compressed(tmp_path):
    (request,) = requests_of(job(tmp_path, batch=2, gzipped=True, requests=1))

    headers, body = parted(request)
    assert headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(body))["batch"]) == 2


@pytest.mark.parametrize("size", [300, 1_000, 10_000])
def test_an_event_has_the_requested_size(tmp_path, size):
    (request,) = requests_of(job(tmp_path, event_bytes=size, requests=1))

    _, body = parted(request)
    assert len(body) == size


def test_a_library_sends_the_same_event_as_a_raw_request(tmp_path):
    (request,) = requests_of(job(tmp_path, requests=1))

    assert as_sent(0, 1_000, "run") == json.loads(parted(request)[1])
