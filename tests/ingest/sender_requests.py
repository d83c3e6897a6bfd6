"""Headers and bodies as libraries and partners' servers send them."""

from __future__ import annotations

import base64
import json

TRACK = {"type": "track", "userId": "u1", "event": "Email Opened"}


def basic(key) -> dict[str, str]:
    pair = base64.b64encode(f"{key.text}:".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def bearer(token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.text}"}


def track(message_id: str, **changes) -> dict:
    return {**TRACK, "messageId": message_id, **changes}


def dumps(body) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
