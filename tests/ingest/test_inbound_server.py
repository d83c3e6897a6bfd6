"""The ingest server receives events from Segment, whatever arrives."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from streams.identity.inbound.services import rotate_secret
from streams.identity.inbound_address import InboundAddress
from streams.identity.models import Link
from streams.ingest.inbound import access, writer
from streams.ingest.inbound.body import MAX_BYTES
from streams.ingest.inbound.requests import MOST_DELETES
from tests import factories
from tests.ingest.local_server import serving
from tests.portal_processes import until

pytestmark = pytest.mark.django_db(transaction=True)

IDENTIFY = {
    "type": "identify",
    "userId": "u1",
    "messageId": "m1",
    "projectId": "p1",
    "traits": {"email": "ada@example.com"},
    "writeKey": "W" * 32,
}


@pytest.fixture
def server(transactional_db, caplog):
    with serving() as running:
        yield running
    failures = [*caplog.get_records("setup"), *caplog.get_records("call")]
    assert [r.getMessage() for r in failures if r.levelno >= logging.ERROR] == []


@pytest.fixture
def opened(transactional_db):
    return factories.inbound_address()


@pytest.fixture
def address(opened):
    return opened[0]


@pytest.fixture
def secret(opened):
    return opened[1].text


@pytest.fixture
def post(server, address, secret):
    def post(body, path=None, *, method="POST", **headers):
        """Send a request with the secret, unless `headers` replace it."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"authorization": f"Bearer {secret}", **headers}
        lines = [
            f"{method} {path or '/v1/inbound/' + address.public_id} HTTP/1.1",
            "host: x",
            f"content-length: {len(content)}",
            *(f"{k.replace('_', '-')}: {v}" for k, v in fields.items() if v),
        ]
        with server.connect() as wire:
            wire.send("\r\n".join([*lines, "", ""]).encode() + content)
            status, headers, answer = wire.response()
        return status, json.loads(answer), headers

    return post


def signature(secret: str, event: object) -> str:
    text = event if isinstance(event, bytes) else json.dumps(event).encode()
    return hmac.digest(secret.encode(), text, hashlib.sha1).hex()


def user_ids() -> set[str]:
    return set(Link.objects.values_list("user_id", flat=True))


def refused(address, rule: str):
    """Wait until the address shows this refusal."""

    def shown():
        address.refresh_from_db()
        return address.last_refused_rule == rule

    until(shown)


def test_an_event_is_learned_before_the_response(post, address):
    status, answer, _ = post(IDENTIFY)

    assert (status, user_ids()) == (200, {"u1"})
    assert answer == {
        "success": True,
        "received": 1,
        "learned": 1,
        "unidentified": 0,
        "duplicates": 0,
        "own": 0,
        "deletes": 0,
        "suppressions": 0,
        "suppressed": 0,
        "refused": 0,
        "links": 1,
        "conflicts": 0,
    }


def test_segments_signature_is_accepted_in_place_of_the_secret(post, secret):
    other = {
        **IDENTIFY,
        "userId": "u2",
        "messageId": "m2",
        "traits": {"phone": "555-0100"},
    }
    body = (
        b" [" + json.dumps(IDENTIFY).encode() + b"," + json.dumps(other).encode() + b"]"
    )

    signed = signature(secret, IDENTIFY)
    status, _, _ = post(body, authorization="", x_signature=signed)

    assert (status, user_ids()) == (200, {"u1", "u2"})


def test_the_extensible_webhooks_batch_is_accepted(post, secret):
    signed = signature(secret, IDENTIFY)

    status, _, _ = post([{"json": IDENTIFY}], authorization="", x_signature=signed)

    assert (status, user_ids()) == (200, {"u1"})


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        ({"authorization": ""}, "INBOUND-SECRET-001"),
        ({"authorization": "Basic aXM6"}, "INBOUND-SECRET-001"),
        ({"authorization": "Bearer is_wrong"}, "INBOUND-SECRET-002"),
        ({"authorization": "Bearer \xff"}, "INBOUND-SECRET-002"),
        ({"authorization": "", "x_signature": "0" * 40}, "INBOUND-SECRET-003"),
        ({"authorization": "Bearer x", "x_signature": ""}, "INBOUND-SECRET-002"),
    ],
)
def test_a_request_without_the_secret_teaches_nothing(post, address, headers, rule):
    status, answer, _ = post(IDENTIFY, **headers)

    assert (status, answer["code"]) == (401, rule)
    assert user_ids() == set()
    refused(address, rule)
    assert address.received == 0


def test_after_a_rotation_the_old_secret_works_for_a_day(
    post, address, secret, monkeypatch
):
    monkeypatch.setattr(access, "FRESH_S", 0.0)
    new = rotate_secret(address=address, actor=None).text

    assert post(IDENTIFY)[0] == 200
    assert post(IDENTIFY, authorization=f"Bearer {new}")[0] == 200

    InboundAddress.objects.update(previous_secret_until=factories.NOW)

    assert post(IDENTIFY)[0] == 401
    assert post(IDENTIFY, authorization=f"Bearer {new}")[0] == 200


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/v1/inbound/", "POST", 404),
        ("/v1/inbound/bcdfghjkmnpq", "POST", 404),
        ("/v1/inbound/b%00", "POST", 404),
        ("/v1/inbound/x/y", "POST", 404),
        ("/v1/inbound/" + "x" * 3_000, "POST", 404),
        (None, "GET", 405),
        (None, "OPTIONS", 405),
        (None, "PUT", 405),
    ],
)
def test_other_paths_and_methods_are_refused(post, path, method, status):
    assert post(IDENTIFY, path, method=method)[0] == status


@pytest.mark.parametrize(
    ("body", "status", "rule"),
    [
        (b"", 400, "INBOUND-BODY-001"),
        (b"{", 400, "INGEST-JSON-001"),
        (b'{"userId": "\xff"}', 400, "INGEST-JSON-001"),
        (b"[" * 50_000, 400, "INGEST-JSON-001"),
        (b"[]", 400, "INBOUND-BODY-002"),
        (b"{}", 400, "INBOUND-EVENT-002"),
        (b"[1, 2]", 400, "INBOUND-EVENT-001"),
        (b"[" + b"1," * 10_000 + b"1]", 413, "INBOUND-BODY-003"),
        (b"\x1f\x8bgzip", 400, "INGEST-GZIP-001"),
        (gzip.compress(b"[" + b" " * MAX_BYTES + b"]"), 413, "INGEST-SIZE-001"),
    ],
)
def test_bodies_that_segment_never_sends_are_refused(post, address, body, status, rule):
    assert post(body)[:1] == (status,)
    refused(address, rule)


def test_a_form_is_refused_with_a_hint(post):
    status, answer, _ = post(
        b"userId=u1", content_type="application/x-www-form-urlencoded"
    )

    assert (status, answer["code"]) == (415, "INGEST-TYPE-001")


def test_a_bad_event_spoils_no_other(post):
    bad = [1, {}, {**IDENTIFY, "messageId": "m2", "userId": ""}]

    status, answer, _ = post([*bad, IDENTIFY])

    assert (status, answer["learned"], answer["refused"]) == (200, 1, 3)
    assert [(p["index"], p["code"]) for p in answer["problems"]] == [
        (0, "INBOUND-EVENT-001"),
        (1, "INBOUND-EVENT-002"),
        (2, "IDENTITY-EMPTY"),
    ]


def test_half_a_character_in_an_event_spoils_no_other(post, secret):
    half = {"type": "track", "event": "\ud83d", "messageId": "m2"}

    signed = signature(secret, half)
    status, answer, _ = post([half, IDENTIFY], authorization="", x_signature=signed)

    assert (status, answer["unidentified"], user_ids()) == (200, 1, {"u1"})


def test_a_batch_of_segments_largest_size_is_accepted(post):
    filler = "x" * 900
    events = [
        {**IDENTIFY, "userId": f"u{n}", "messageId": f"m{n}", "name": filler,
         "traits": {"email": f"p{n}@example.com"}}
        for n in range(3_500)
    ]  # fmt: skip

    status, answer, _ = post(gzip.compress(json.dumps(events).encode()))

    assert (status, answer["learned"], answer["links"]) == (200, 3_500, 3_500)


def test_delete_events_of_the_largest_batch_of_a_function_are_accepted(post):
    deletes = [{"type": "delete", "userId": f"u{n}"} for n in range(MOST_DELETES + 1)]

    assert post(deletes[1:])[1]["deletes"] == MOST_DELETES
    status, answer, _ = post(deletes)
    assert (status, answer["code"]) == (413, "INBOUND-BODY-004")


def test_a_body_over_the_limit_is_refused_before_it_is_read(server, address, secret):
    head = (
        f"POST /v1/inbound/{address.public_id} HTTP/1.1\r\nhost: x\r\n"
        f"authorization: Bearer {secret}\r\ncontent-length: {MAX_BYTES + 1}\r\n\r\n"
    )
    with server.connect() as wire:
        wire.send(head.encode())
        assert wire.response()[0] == 413


def test_neither_a_write_key_nor_the_secret_is_logged(post, secret, caplog):
    caplog.set_level(logging.DEBUG)

    post(IDENTIFY)
    post(IDENTIFY, authorization="Bearer is_wrongsecret")
    post([IDENTIFY, 1], x_signature=signature(secret, IDENTIFY))

    logged = " ".join(r.getMessage() + str(r.__dict__) for r in caplog.records)
    for private in (secret, "W" * 32, "is_wrongsecret", "ada@example.com"):
        assert private not in logged


def test_requests_that_arrive_together_are_each_counted_once(post, address):
    def send(n):
        person = n % 20
        event = {**IDENTIFY, "userId": f"u{person}", "messageId": f"m{person}",
                 "traits": {"email": f"p{person}@example.com"}}  # fmt: skip
        return post(event)[0]

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(send, range(60))) == {200}

    address.refresh_from_db()
    assert (address.received, address.learned, address.duplicates) == (60, 20, 40)
    assert len(user_ids()) == 20


def test_segment_is_asked_to_retry_while_too_many_events_wait(post, monkeypatch):
    monkeypatch.setattr(writer, "MAX_WAITING", 0)

    status, answer, headers = post(IDENTIFY)

    assert (status, answer["code"]) == (503, "INGEST-BUSY-001")
    assert headers["retry-after"] == "1"


def test_segment_is_asked_to_retry_what_waited_too_long(post, monkeypatch):
    monkeypatch.setattr(writer, "PATIENCE_S", -1.0)

    status, answer, _ = post(IDENTIFY)

    assert (status, answer["code"], user_ids()) == (503, "INGEST-BUSY-001", set())


@pytest.mark.postgres  # SQLite waits for other writers for longer
def test_segment_is_asked_to_retry_if_the_database_is_locked(
    post, address, monkeypatch
):
    monkeypatch.setattr(writer, "DEADLINE_S", 0.3)
    with transaction.atomic():
        InboundAddress.objects.select_for_update().get(pk=address.pk)
        status, answer, headers = post(IDENTIFY)

    assert (status, answer["code"]) == (503, "INGEST-DOWN-001")
    assert "retry-after" in headers
    until(lambda: post(IDENTIFY)[0] == 200)  # its locks are looked at twice a second


def test_a_secret_that_cannot_be_decrypted_asks_for_a_retry(post, address):
    InboundAddress.objects.update(key_ring_id="gone")

    status, answer, _ = post(IDENTIFY)

    assert (status, answer["code"]) == (503, "INBOUND-SECRET-004")
