"""Who sends: an ingest key (in the header, or `writeKey` in the body) or a partner token.

No key is ever in a message, a log line or an exception: from here on it is its digest.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from streams.base.ids import digest
from streams.base.refusals import RequestRefused
from streams.events.services import INGEST_KEY_PREFIX
from streams.tenancy.services import TOKEN_PREFIX


class Kind(Enum):
    INGEST_KEY = auto()
    PARTNER_TOKEN = auto()


@dataclass(frozen=True, slots=True)
class Credential:
    kind: Kind
    digest: str


# Senders send the same header again and again. What it means is remembered, in memory
# alone, where it has a usual length.
REMEMBERED = 4096
USUAL_LENGTH = 200  # characters


def from_header(authorization: str) -> Credential | None:
    """The credential of an Authorization header; None if it names no key of ours.

    What others put there (a Segment library's OAuth token, another service's key) says
    nothing to us, and must not hide the ingest key in the body.
    """
    if len(authorization) > USUAL_LENGTH:
        return _read_header(authorization)
    return _remembered(authorization)


def _read_header(authorization: str) -> Credential | None:
    scheme, key = _parts(authorization)
    if not key:
        return None
    if scheme == "bearer":
        of_partner = key.startswith(TOKEN_PREFIX)
        return Credential(Kind.PARTNER_TOKEN, digest(key)) if of_partner else None
    return from_body(key) if key.startswith(INGEST_KEY_PREFIX) else None


def _parts(authorization: str) -> tuple[str, str | None]:
    """The scheme in lower case, and the key; None: it cannot be read."""
    scheme, text = (*authorization.split(maxsplit=1), "", "")[:2]
    scheme, text = scheme.lower(), text.strip()
    if scheme == "bearer":
        return scheme, text
    if scheme != "basic":
        return scheme, None
    try:
        pair = base64.b64decode(text, validate=True).decode()
    except ValueError:  # not base64, or not UTF-8 in it
        return scheme, None
    return scheme, pair.partition(":")[0].strip()  # some leave the colon out


_remembered = lru_cache(maxsize=REMEMBERED)(_read_header)


def from_body(key: str) -> Credential:
    """Spaces and line breaks around it do not count: they come from files and shells."""
    return Credential(Kind.INGEST_KEY, digest(key.strip()))


def no_key(authorization: str = "") -> RequestRefused:
    """Why neither this header nor the body names a key of ours."""
    scheme, key = _parts(authorization)
    if scheme in {"bearer", "basic"} and key:
        return unknown(Kind.PARTNER_TOKEN if scheme == "bearer" else Kind.INGEST_KEY)
    if scheme == "basic" and key is None:
        return unauthorized(
            "INGEST-KEY-001",
            "The Basic header cannot be read.",
            "Encode the ingest key and a colon as base64: `Basic base64(key:)`.",
        )
    if scheme and key is None:
        return unauthorized(
            "INGEST-KEY-001",
            "The Authorization header is neither Basic nor Bearer.",
            "Send the ingest key as the user name of Basic, or a partner token as Bearer.",
        )
    return unauthorized(
        "INGEST-KEY-001",
        "The request has no key.",
        "Send the ingest key as the user name of Basic, or as writeKey in the body,"
        " or a partner token as Bearer.",
    )


def unknown(kind: Kind) -> RequestRefused:
    if kind is Kind.PARTNER_TOKEN:
        return unauthorized(
            "INGEST-KEY-002",
            "This partner token is not known, or was revoked.",
            "Copy a token that begins with pt_ from the portal's token page. (An ingest key"
            " goes into Basic, or into the body as writeKey, not into Bearer.)",
        )
    return unauthorized(
        "INGEST-KEY-002",
        "This ingest key is not known.",
        "Copy the key that begins with ik_ from the workspace's page. (Segment's write"
        " key is pasted there, not sent; a partner token goes into Bearer.)",
    )


def other_key() -> RequestRefused:
    return unauthorized(
        "INGEST-KEY-003",
        "The key in the body is not the one in the header.",
        "Send one key, or the same in both places.",
    )


def unauthorized(code: str, message: str, fix: str) -> RequestRefused:
    # Bearer, though Basic is taken too: at Basic a browser asks its user to sign in.
    return RequestRefused(
        401, code, message, fix, {"www-authenticate": 'Bearer realm="ingest"'}
    )
