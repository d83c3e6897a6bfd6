"""Events from Segment through the web port."""

from __future__ import annotations

import json

import pytest

from streams.identity.inbound_address import InboundAddress
from streams.identity.models import Link
from streams.ingest import django_inbound
from streams.ingest.inbound.access import InboundAccesses
from streams.ingest.inbound.body import MAX_BYTES
from tests import factories
from tests.ingest.test_inbound_server import IDENTIFY, signature

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(monkeypatch):
    monkeypatch.setattr(django_inbound, "accesses", InboundAccesses())
    return factories.inbound_address()


@pytest.fixture
def post(client, opened):
    address, secret = opened

    def post(body, path=None, **headers):
        response = client.post(
            path or f"/v1/inbound/{address.public_id}",
            body if isinstance(body, bytes) else json.dumps(body).encode(),
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret.text}", **headers},
        )
        return response.status_code, response.json()

    return post


def test_an_event_is_learned(post):
    status, answer = post([IDENTIFY, IDENTIFY])

    assert (status, answer["learned"], answer["duplicates"]) == (200, 1, 1)
    assert Link.objects.get().user_id == "u1"


def test_segments_signature_is_accepted(post, opened):
    signed = signature(opened[1].text, IDENTIFY)

    status, _ = post(IDENTIFY, Authorization="", **{"X-Signature": signed})

    assert status == 200


def test_a_wrong_secret_is_refused_and_shown_at_the_address(post):
    status, answer = post(IDENTIFY, Authorization="Bearer is_wrong")

    assert (status, answer["code"]) == (401, "INBOUND-SECRET-002")
    address = InboundAddress.objects.get()
    assert address.last_refused_rule == "INBOUND-SECRET-002"
    assert "is_wrong" not in address.last_refused_reason


def test_other_requests_are_refused(post, client, opened):
    path = f"/v1/inbound/{opened[0].public_id}"

    assert post(b" " * (MAX_BYTES + 1))[0] == 413
    assert post(b"{")[0] == 400
    assert post(IDENTIFY, "/v1/inbound/bcdfghjkmnpq")[0] == 404
    assert client.get(path).status_code == 405
    assert not Link.objects.exists()


def test_an_address_that_was_just_removed_is_unknown(post):
    assert post(IDENTIFY)[0] == 200

    InboundAddress.objects.all().delete()

    assert post(IDENTIFY)[0] == 404
