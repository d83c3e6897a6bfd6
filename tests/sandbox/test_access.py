"""The sandbox does not reveal write keys, and restricts its control API."""

from __future__ import annotations

import json
import logging
import os

import pytest

from streams.sandbox.http.access import AccessRules
from streams.sandbox.http.request import Request
from tests.sandbox.calls import KEY, basic, send, send_one, status_of, track
from tests.sandbox.oauth_requests import app
from tests.segment import sandbox_process

PLACES = (
    "stats",
    "events",
    "events?mask=0",
    "requests",
    "behaviour",
    "sources",
    "oauth",
)


def asked(peer="127.0.0.1", host="localhost:8003", **headers):
    """Return a request with these headers. An underscore stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(peer=peer, local_address="10.0.0.9", headers={"host": host, **named})


def test_no_write_key_is_shown_anywhere(segment, caplog):
    caplog.set_level(logging.DEBUG)
    segment.know({"write_key": KEY})
    segment.oauth(app(write_keys=[KEY]), enforced=["another-key"])
    segment.behave({"write_key": KEY, "answers": [503]})
    for headers in (basic(KEY), {**basic(KEY), "X-Key": KEY, "Cookie": KEY}):
        send_one(segment, KEY, headers=headers)
    body = json.dumps({**track(), "writeKey": KEY, KEY: [{"a": [KEY]}]})
    escaped = body.replace("Sandbox", "\\u0053andbox")
    send(segment, "/v1/track", escaped.encode(), headers={})
    send(segment, f"/v1/projects/{KEY}/settings", b"", method="GET")

    shown = [
        send(segment, f"/_sandbox/{place}", b"", method="GET")[2].decode()
        for place in PLACES
    ]

    assert [KEY in json.dumps(json.loads(text)) for text in shown] == [False] * 7
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", ["1234567", '","a":"', "falsetrue", "\\u0041\\"])
def test_any_key_leaves_valid_json(segment, key):
    segment.know({"write_key": key})
    send(segment, "/v1/track", {**track(), "n": 12345678, "writeKey": key}, headers={})

    [shown] = segment.shown_events(key)

    assert (shown["write_key"], shown["event"]["n"]) == ("…", 12345678)


@pytest.mark.parametrize(
    ("request_", "allowed"),
    [
        (asked(), True),
        (asked(peer="::1", host="[::1]:8003"), True),
        (asked(peer="10.0.0.9", host="10.0.0.9:8003"), True),
        (asked(peer="10.0.0.7", host="10.0.0.9:8003"), False),
        (asked(peer="203.0.113.5"), False),
        (asked(host="rebound.example.com"), False),
        (asked(host="localhost.example.com"), False),
        (asked(host="10.0.0.7"), False),
        (asked(x_forwarded_for="203.0.113.5"), False),
        (asked(forwarded="for=203.0.113.5"), False),
    ],
)
def test_only_this_machine_controls_it(request_, allowed):
    assert AccessRules().may_control(request_) is allowed


def test_with_a_token_only_the_token_decides():
    guard = AccessRules(control_token="secret")

    assert not guard.may_control(asked())
    assert not guard.may_control(asked(authorization="Bearer other"))
    assert not guard.may_control(asked(authorization="Basic secret"))
    far = asked("203.0.113.5", "sandbox.example.com", authorization="Bearer secret")
    assert guard.may_control(far)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("sandbox.example.com", True),
        ("SANDBOX.example.com.:443", True),
        ("localhost:8003", True),
        ("127.0.0.1:8003", True),
        ("[::1]:8003", True),
        ("rebound.example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_host_names_are_allowed_by_name(host, allowed):
    guard = AccessRules(allowed_hosts=frozenset(["sandbox.example.com"]))

    assert guard.allows_host(asked(host=host)) is allowed
    assert AccessRules().allows_host(asked(host=host))


@pytest.mark.parametrize("path", ["/", "/_sandbox/events", "/_sandbox/stats"])
def test_a_page_that_uses_dns_rebinding_gets_nothing(segment, path):
    far = {"Host": "rebound.example.com"}

    assert status_of(segment, path, b"", method="GET", headers=far) == 403


@pytest.mark.processes
def test_it_starts_with_names_and_a_token(tmp_path):
    file = tmp_path / "token"
    file.write_text("secret\n")
    file.chmod(0o600)
    options = ("--allowed-host", "sandbox.example.com", "--control-token-file", file)

    with sandbox_process(*map(os.fspath, options)) as (segment, _):
        names = ("sandbox.example.com", "rebound.example.com")
        sent = [send_one(segment, headers={**basic(KEY), "Host": h}) for h in names]
        controls = [
            status_of(segment, "/_sandbox/stats", b"", method="GET", headers=headers)
            for headers in ({}, {"Authorization": "Bearer secret"})
        ]

    assert (sent, controls) == ([200, 421], [403, 200])
