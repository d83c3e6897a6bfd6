"""Format and highlight an event's JSON."""

from __future__ import annotations

import re

import msgspec
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from streams.base.msgspec_types import prepared

# Tried in this order: a key is a string followed by a colon. An unterminated string matches
# to the end of the text; otherwise each quote in it would be tried as a start.
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
    """Fields that the portal adds to every event."""

    timestamp: str = ""
    received_at: str = ""
    context: Context = msgspec.field(default_factory=Context)


def stamps(payload: bytes) -> Stamps:
    return msgspec.json.decode(payload, type=Stamps)


def highlighted(payload: bytes) -> SafeString:
    """Format JSON with indentation and highlighting; text that isn't JSON stays as it is."""
    try:
        text = msgspec.json.format(payload, indent=2)
    except msgspec.DecodeError:
        text = payload
    return coloured(text.decode(errors="replace"))


def coloured(text: str) -> SafeString:
    """Highlight JSON, or a line of it: wrap keys, strings, and numbers in spans."""
    parts, end = [], 0
    for match in TOKEN.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(
            format_html('<span class="{}">{}</span>', match.lastgroup, match[0])
        )
        end = match.end()
    parts.append(escape(text[end:]))
    # Every part above is already escaped.
    return mark_safe("".join(parts))  # noqa: S308
