"""Signatures, against what JavaScript writes and signs in Segment's webhooks.

`SIGN` does the same as `extendRequest` of the destination `actions-webhook` in
segmentio/action-destinations: it signs JSON.stringify of the event, in a batch of the first.
"""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from streams.ingest.inbound.body import open_inbound
from streams.ingest.inbound.signature import bearer, is_secret, is_signed

SECRET = "is_" + "a" * 32
OLD_SECRET = "is_" + "b" * 32
EVENT = {"type": "identify", "userId": "u-1", "traits": {"email": "ä@ü.example"}}
# Of JSON.stringify(EVENT), by Node.
SIGNATURE = "775c97716c53f02f6b4b0d1c2cbe58462ce0c120"

SIGN = """
const {createHmac} = require("crypto");
const data = eval("(" + process.argv[1] + ")"), secret = process.argv[2];
const first = Array.isArray(data) ? data[0] : data;
const digest = createHmac("sha1", secret).update(JSON.stringify(first), "utf8").digest("hex");
const batch = Array.isArray(data) ? data.map((json) => ({json})) : {json: data};
console.log(JSON.stringify([digest, JSON.stringify(data), JSON.stringify(batch)]));
"""


def sent(event: object) -> bytes:
    """Return the bytes that JSON.stringify writes for simple values."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def test_a_signed_event_is_recognized():
    assert is_signed(SIGNATURE, [sent(EVENT)], [OLD_SECRET, SECRET])
    assert is_signed(SIGNATURE.upper(), [sent(EVENT)], [SECRET])


@pytest.mark.parametrize(
    "signature", ["", "0" * 40, SIGNATURE[:-1], SIGNATURE + "0", "ä" * 40, "z" * 40]
)
def test_other_signatures_are_not(signature):
    assert not is_signed(signature, [sent(EVENT)], [SECRET])


def test_a_signature_of_another_event_or_secret_is_not_recognized():
    assert not is_signed(SIGNATURE, [sent({**EVENT, "userId": "u-2"})], [SECRET])
    assert not is_signed(SIGNATURE, [sent(EVENT)], [OLD_SECRET])
    assert not is_signed(SIGNATURE, [sent(EVENT)], [])


@pytest.mark.parametrize(
    "data",
    [
        "{type: 'track', properties: {half: '\\ud800', fish: '\\ud83d\\udc1f'}}",
        "[{type: 'page', n: [1e21, -0, 0.1, 5e-324, NaN]}, {type: 'track'}]",
        "[{type: 'group', text: '\\u2028 \\u007f \\b \\u0001 \" \\\\ / é'}, 1]",
        "[{10: 1, 9: 2, b: undefined, json: {type: 'track'}, type: 'alias'}]",
    ],
)
def test_everything_that_node_signs_is_recognized(data):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    ran = subprocess.run(
        [node, "-e", SIGN, data, SECRET], capture_output=True, check=True, text=True
    )
    signature, *bodies = json.loads(ran.stdout)

    for body in bodies:
        signed = open_inbound(body.encode()).signed
        assert is_signed(signature, signed, [SECRET])
        assert not is_signed(signature, [text + b" " for text in signed], [SECRET])


def test_the_secret_is_read_from_a_bearer_header():
    assert bearer("Bearer  is_x ") == "is_x"
    assert bearer("bearer is_x") == "is_x"
    assert bearer("Basic is_x") is None
    assert bearer("") is None


def test_only_the_secrets_themselves_are_accepted():
    assert is_secret(SECRET, [OLD_SECRET, SECRET])
    assert not is_secret(SECRET, [OLD_SECRET])
    assert not is_secret("", [SECRET])
    assert not is_secret("\udcff", [SECRET])
