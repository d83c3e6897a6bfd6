"""Calls to the Tracking API as a client makes them."""

from __future__ import annotations

import base64
import http.client
import json
from urllib.parse import urlsplit

KEY = "SandboxTestWriteKey0000000000001"
OTHER_KEY = "SandboxTestWriteKey0000000000002"


def basic(write_key):
    """The Basic header of a write key, with the colon that Segment asks for."""
    return {
        "Authorization": f"Basic {base64.b64encode(f'{write_key}:'.encode()).decode()}"
    }


def track(message_id="m-1", **fields):
    """A sound track message."""
    message = {"type": "track", "userId": "user-1", "event": "Email Opened"}
    return {**message, "messageId": message_id, **fields}


def send(segment, path, content, *, headers=None, method="POST", timeout=30):
    """Status, headers and body of one request; content is JSON unless it is bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    connection = http.client.HTTPConnection(
        urlsplit(segment.url).netloc, timeout=timeout
    )
    try:
        connection.request(
            method, path, body, basic(KEY) if headers is None else headers
        )
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def status_of(segment, path, content, **options):
    """The status alone."""
    return send(segment, path, content, **options)[0]


def send_batch(segment, *messages, path="/v1/batch", **options):
    """The status of a batch of these messages."""
    return status_of(segment, path, {"batch": list(messages)}, **options)


def send_one(segment, message_id="m-1", **options):
    """The status of a batch with one sound message."""
    return send_batch(segment, track(message_id), **options)


def ids(segment, write_key=None):
    """The message ids that Segment's debugger would show, oldest first."""
    return [event["messageId"] for event in segment.events(write_key)]
