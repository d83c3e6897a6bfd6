"""A batch whose JSON is broken, taken apart by its brackets alone.

One event with a NaN, as Python's json writes it, makes the whole body unreadable. Strings
and brackets still tell where each event begins and ends, so that it can be refused alone.
"""

from __future__ import annotations

import re

# A string whole, or one character that shapes the whole. A string without an end goes on
# to the body's: else each quote in it would be tried as a beginning, in quadratic time.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)


def take_apart(body: bytes) -> tuple[bytes, list[bytes]] | None:
    """The body with an empty batch, and the bytes of the batch's items.

    None: there is no batch in it, or its brackets do not match.
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
