"""Splits a batch with malformed JSON into its events, by brackets and strings only.

A single event with a NaN, which Python's json writes, makes the whole body invalid.
Brackets and strings still show where each event starts and ends, so that only that event is
rejected.
"""

from __future__ import annotations

import re

# A string, or a structural character. An unterminated string extends to the body's end;
# otherwise every quote in it would be tried as a start, in quadratic time.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)


def take_apart(body: bytes) -> tuple[bytes, list[bytes]] | None:
    """Return the body with an empty batch, and the bytes of the batch's items.

    Returns None if there is no batch, or if its brackets don't match.
    """
    items: list[bytes] = []
    depth = begins = item = 0
    key, key_ends = b"", 0
    for token in _TOKENS.finditer(body):
        mark, at = token[0], token.start()
        if mark in (b"{", b"["):
            depth += 1
            named = key == b'"batch"' and body[key_ends:at].strip() == b":"
            if named and mark == b"[" and depth == 2 and not begins:
                begins = item = at + 1
            key = b""
        elif mark in (b"}", b"]"):
            depth -= 1
            if begins and depth == 1:
                items.append(body[item:at].strip())
                return body[:begins] + body[at:], [part for part in items if part]
        elif mark == b"," and begins and depth == 2:
            items.append(body[item:at].strip())
            item = at + 1
        elif mark != b",":
            key, key_ends = mark, token.end()
    return None
