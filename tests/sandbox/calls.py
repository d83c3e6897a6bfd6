"""Calls to the Tracking API, as a client makes them."""

from __future__ import annotations

import base64
import http.client
import json
from urllib.parse import urlsplit

KEY = "SandboxTestWriteKey0000000000001"
OTHER_KEY = "SandboxTestWriteKey0000000000002"


def basic(write_key):
    """Return the Basic header of a write key, with the colon that Segment requires."""
    return {
        "Authorization": f"Basic {base64.b64encode(f'{write_key}:'.encode()).decode()}"
    }


def track(message_id="m-1", **fields):
    """Return a valid track message."""
    message = {"type": "track", "userId": "user-1", "event": "Email Opened"}
    return {**message, "messageId": message_id, **fields}


def send(segment, path, content, *, headers=None, method="POST", timeout=30):
    """Return status, headers and body of one request.

    Content is JSON unless it is bytes.
    """
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
    """Return the status only."""
    return send(segment, path, content, **options)[0]


def send_batch(segment, *messages, path="/v1/batch", **options):
    """Return the status of a batch of these messages."""
    return status_of(segment, path, {"batch": list(messages)}, **options)


def send_one(segment, message_id="m-1", **options):
    """Return the status of a batch with one valid message."""
    return send_batch(segment, track(message_id), **options)


def ids(segment, write_key=None):
    """Return the messageIds that Segment's debugger would show, oldest first."""
    return [event["messageId"] for event in segment.events(write_key)]
