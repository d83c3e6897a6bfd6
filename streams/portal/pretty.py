"""An event's JSON for people."""

from __future__ import annotations

import re

import msgspec
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from streams.base.structs import prepared

# In the order of trial: a key is a text that a colon follows. A text without an end goes
# on to the last character: else each quote in it would be tried as a beginning.
TOKEN = re.compile(
    r'(?P<k>"(?:[^"\\]|\\.)*+")(?=\s*:)|(?P<s>"(?:[^"\\]|\\.)*+"?)'
    r"|(?P<n>-?\d[\d.eE+-]*|true|false|null)"
)


class Integration(msgspec.Struct):
    name: str = ""
    version: str = ""


class Context(msgspec.Struct):
    integration: Integration = msgspec.field(default_factory=Integration)


@prepared
class Stamps(msgspec.Struct, rename="camel"):
    """What the portal writes into every event."""

    timestamp: str = ""
    received_at: str = ""
    context: Context = msgspec.field(default_factory=Context)


def stamps(payload: bytes) -> Stamps:
    return msgspec.json.decode(payload, type=Stamps)


def highlighted(payload: bytes) -> SafeString:
    """JSON with an indent and in colours."""
    return coloured(msgspec.json.format(payload, indent=2).decode())


def coloured(text: str) -> SafeString:
    """JSON, or a line of it: keys, texts and numbers each in a span of a class."""
    parts, end = [], 0
    for match in TOKEN.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(
            format_html('<span class="{}">{}</span>', match.lastgroup, match[0])
        )
        end = match.end()
    parts.append(escape(text[end:]))
    # Every part above is escaped already.
    return mark_safe("".join(parts))  # noqa: S308
