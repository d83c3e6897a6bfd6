from __future__ import annotations

import base64

import pytest

from streams.base.ids import digest
from streams.ingest.credentials.authentication import (
    Credential,
    CredentialKind,
    from_header,
    no_key,
)

KEY = Credential(CredentialKind.INGEST_KEY, digest("ik_example"))
TOKEN = Credential(CredentialKind.PARTNER_TOKEN, digest("pt_example"))


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("header", "credential"),
    [
        (basic(b"ik_example:"), KEY),
        (basic(b"ik_example"), KEY),  # some senders omit the colon
        (basic(b"ik_example:ignored"), KEY),
        (basic(b"ik_example:").replace("Basic", "basic"), KEY),
        (basic(b"ik_example\n"), KEY),  # echo "$KEY" | base64
        (basic(b" ik_example : "), KEY),
        ("Basic\t" + basic(b"ik_example:").removeprefix("Basic "), KEY),
        ("Bearer pt_example", TOKEN),
        ("bearer  pt_example ", TOKEN),
        (basic(b":"), None),
        ("", None),
        # Not a key of this portal, or no header
        ("Bearer ik_example", None),
        ("Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln", None),
        ("Bearer ", None),
        ("Bearer", None),
        (basic(b"0123456789abcdef0123456789abcdef:"), None),
        ("Token ik_example", None),
        ("Digest username=ik_example", None),
        ("Basic ik_example!", None),
        (basic(b"\xff\xfe:"), None),
        ("Basic \xe9", None),
    ],
)
def test_a_header_contains_a_key_a_token_or_neither(header, credential):
    assert from_header(header) == credential


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "INGEST-KEY-001"),
        (basic(b":"), "INGEST-KEY-001"),
        ("Token ik_example", "INGEST-KEY-001"),
        ("Basic ik_example!", "INGEST-KEY-001"),
        (basic(b"\xff\xfe:"), "INGEST-KEY-001"),
        ("Bearer", "INGEST-KEY-001"),
        ("Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "INGEST-KEY-002"),
        (basic(b"a Segment write key:"), "INGEST-KEY-002"),
    ],
)
def test_an_unusable_header_is_explained_and_not_repeated(header, code):
    refused = no_key(header)

    assert (refused.status, refused.code) == (401, code)
    assert "ik_example" not in refused.message + refused.fix
    assert "eyJ" not in refused.message + refused.fix


def test_a_credential_does_not_show_what_was_sent():
    assert "ik_example" not in repr(from_header(basic(b"ik_example:")))
