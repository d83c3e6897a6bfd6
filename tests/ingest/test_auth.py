from __future__ import annotations

import base64

import pytest

from streams.base.ids import digest
from streams.base.refusals import RequestRefused
from streams.ingest.auth import Credential, Kind, from_header

KEY = Credential(Kind.INGEST_KEY, digest("ik_example"))
TOKEN = Credential(Kind.PARTNER_TOKEN, digest("pt_example"))


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("header", "credential"),
    [
        (basic(b"ik_example:"), KEY),
        (basic(b"ik_example"), KEY),  # the colon is left out by some
        (basic(b"ik_example:ignored"), KEY),
        (basic(b"ik_example:").replace("Basic", "basic"), KEY),
        ("Bearer pt_example", TOKEN),
        ("bearer  pt_example ", TOKEN),
        (basic(b":"), None),
        ("", None),
    ],
)
def test_a_header_names_a_key_a_token_or_nobody(header, credential):
    assert from_header(header) == credential


@pytest.mark.parametrize(
    "header", ["Token ik_example", "Basic ik_example!", basic(b"\xff\xfe:"), "Basic é"]
)
def test_a_header_that_cannot_be_read_is_refused_without_being_repeated(header):
    with pytest.raises(RequestRefused) as caught:
        from_header(header)

    assert (caught.value.status, caught.value.code) == (401, "INGEST-KEY-001")
    assert "ik_example" not in caught.value.message + caught.value.fix


def test_a_credential_does_not_show_what_was_sent():
    assert "ik_example" not in repr(from_header(basic(b"ik_example:")))
