"""Credentials of a request: an ingest key (in the header or as `writeKey` in the body) or
an API token.

Only digests leave this module, so no key can get into a message, a log or an exception.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from streams.base.ids import digest
from streams.base.request_errors import RequestRefused
from streams.events.feeds import INGEST_KEY_PREFIX
from streams.tenancy.services import TOKEN_PREFIX


class CredentialKind(Enum):
    INGEST_KEY = auto()
    PARTNER_TOKEN = auto()


@dataclass(frozen=True, slots=True)
class Credential:
    kind: CredentialKind
    digest: str


# Senders repeat the same header, so headers of a usual length are cached, in memory only.
REMEMBERED = 4096
USUAL_LENGTH = 200  # characters


def from_header(authorization: str) -> Credential | None:
    """Return the credential of an Authorization header; None if it has none of our keys.

    Other values, such as a Segment library's OAuth token, are ignored, so that they don't
    hide the ingest key in the body.
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
        return (
            Credential(CredentialKind.PARTNER_TOKEN, digest(key))
            if of_partner
            else None
        )
    return from_body(key) if key.startswith(INGEST_KEY_PREFIX) else None


def _parts(authorization: str) -> tuple[str, str | None]:
    """Return the scheme in lower case and the key, which is None if it is unreadable."""
    scheme, text = (*authorization.split(maxsplit=1), "", "")[:2]
    scheme, text = scheme.lower(), text.strip()
    if scheme == "bearer":
        return scheme, text
    if scheme != "basic":
        return scheme, None
    try:
        pair = base64.b64decode(text, validate=True).decode()
    except ValueError:  # not base64, or not UTF-8
        return scheme, None
    return scheme, pair.partition(":")[0].strip()  # some senders omit the colon


_remembered = lru_cache(maxsize=REMEMBERED)(_read_header)


def from_body(key: str) -> Credential:
    """Return the credential of an ingest key, without surrounding white space."""
    return Credential(CredentialKind.INGEST_KEY, digest(key.strip()))


def no_key(authorization: str = "") -> RequestRefused:
    """Explain why neither this header nor the body has one of our keys."""
    scheme, key = _parts(authorization)
    if scheme in {"bearer", "basic"} and key:
        return unknown(
            CredentialKind.PARTNER_TOKEN
            if scheme == "bearer"
            else CredentialKind.INGEST_KEY
        )
    if scheme == "basic" and key is None:
        return unauthorized(
            "INGEST-KEY-001",
            "The Basic Authorization header is malformed.",
            "Encode the ingest key and a colon as base64: `Basic base64(key:)`.",
        )
    if scheme and key is None:
        return unauthorized(
            "INGEST-KEY-001",
            "The Authorization header is neither Basic nor Bearer.",
            "Send an ingest key as the Basic user name, or an API token as Bearer.",
        )
    return unauthorized(
        "INGEST-KEY-001",
        "The request has no ingest key and no API token.",
        "Send an ingest key as the Basic user name or as writeKey in the body, or an"
        " API token as Bearer.",
    )


def unknown(kind: CredentialKind) -> RequestRefused:
    if kind is CredentialKind.PARTNER_TOKEN:
        return unauthorized(
            "INGEST-KEY-002",
            "This API token is unknown, expired or revoked.",
            "Create an API token in the portal, and send it as Bearer. It starts with pt_. To"
            " use an ingest key instead, send it in Basic or as writeKey in the body.",
        )
    return unauthorized(
        "INGEST-KEY-002",
        "This ingest key is unknown.",
        "Copy the ingest key from the workspace's page in the portal. It starts with ik_."
        " Segment's write key doesn't work here. To use an API token instead, send it as"
        " Bearer.",
    )


def other_key() -> RequestRefused:
    return unauthorized(
        "INGEST-KEY-003",
        "The keys in the header and the body are different.",
        "Send the key in one place only, or the same key in both.",
    )


def unauthorized(code: str, message: str, fix: str) -> RequestRefused:
    # Bearer, although Basic is supported too: for Basic, browsers show a sign-in dialog.
    return RequestRefused(
        401, code, message, fix, {"www-authenticate": 'Bearer realm="ingest"'}
    )
