"""The page “Receive from Segment”: the address, its secret, the steps and a test call."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.identity.inbound.secrets import open_secrets, valid_secrets
from streams.identity.inbound_address import InboundAddress
from streams.identity.models import Link
from tests import factories
from tests.portal.node_function import call_function

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(cast):
    return page_of(cast)


def page_of(cast, name="receive"):
    return reverse(f"portal:{name}", args=[cast.workspace.public_id])


def created(client, cast) -> str:
    """Create the address on its page, or rotate its secret; return the secret."""
    response = client.post(page_of(cast, "receive-secret"))
    assert response.status_code == 201
    found = re.search(r'<code id="secret">(.*?)</code>', response.text)
    assert found
    return found[1]


def test_an_editor_creates_the_address_and_sees_its_secret_once(as_alice, page, cast):
    assert "Create secret" in as_alice.get(page).text

    response = as_alice.post(page_of(cast, "receive-secret"))

    address = InboundAddress.objects.get(feed=cast.feed)
    secret = open_secrets(address).newest
    assert response.text.count(secret) == 1
    assert secret not in as_alice.get(page).text
    assert AuditEntry.objects.latest("pk").action == "inbound.opened"


def test_a_rotated_secret_works_next_to_the_old_one_for_24_hours(as_alice, page, cast):
    old = created(as_alice, cast)

    new = created(as_alice, cast)

    address = InboundAddress.objects.get(feed=cast.feed)
    later = now() + timedelta(hours=25)
    assert set(valid_secrets(address, now())) == {old, new}
    assert valid_secrets(address, later) == (new,)
    text = as_alice.get(page).text
    assert "The previous secret also works until" in text
    assert (old in text, new in text) == (False, False)


def test_a_viewer_reads_the_steps_and_can_change_nothing(as_bob, page, cast):
    address, _secret = factories.inbound_address(cast.feed)

    text = as_bob.get(page).text

    assert f"http://testserver/v1/inbound/{address.public_id}" in text
    assert "Rotate secret" not in text
    assert "Send test call" not in text


def test_every_value_that_is_pasted_has_a_button_that_copies_it(
    as_alice, page, cast, settings
):
    settings.INGEST_URL = "https://events.example.com"
    address, secret = factories.inbound_address(cast.feed)

    text = as_alice.get(page).text

    url = f"https://events.example.com/v1/inbound/{address.public_id}"
    assert copied(text, "inbound-url") == url
    for method in ("webhook", "extensible"):
        assert copied(text, f"{method}-url") == url
        assert copied(text, f"{method}-trigger") == 'type = "identify"'
    assert copied(text, "classic-url") == url
    assert f'const INBOUND_URL = "{url}";' in copied(text, "function-code")
    assert secret.text not in text


def copied(page: str, name: str) -> str:
    """Return the text that the button for the element with this ID copies."""
    assert page.count(f'data-copy="{name}"') == 1
    found = re.search(rf'<(code|pre)[^>]* id="{name}"[^>]*>(.*?)</\1>', page, re.DOTALL)
    assert found, name
    return unescape(found[2])


def test_the_page_shows_the_last_request_that_was_refused(as_bob, page, cast, client):
    address, _secret = factories.inbound_address(cast.feed)
    at = factories.NOW
    InboundAddress.objects.filter(pk=address.pk).update(
        last_refused_at=at, last_refused_reason="The secret is wrong.", refused=3
    )

    for path in (page, page_of(cast, "receive-fresh")):
        text = as_bob.get(path).text
        assert "The secret is wrong." in text
        assert re.search(
            r"<dt>Refused events of accepted requests</dt><dd>3</dd>", text
        )


@pytest.mark.django_db(transaction=True)
def test_a_test_call_passes_the_public_address_and_counts_as_no_event_from_segment(
    client, cast, settings, live_server
):
    settings.INGEST_URL = live_server.url
    client.force_login(cast.alice)
    factories.cursor(factories.connection(cast.feed))
    factories.inbound_address(cast.feed)

    response = client.post(page_of(cast, "receive-test"), follow=True)

    assert "Test call accepted: status 200." in response.text
    address = InboundAddress.objects.get(feed=cast.feed)
    assert (address.received, address.own) == (1, 1)
    assert address.last_received_at is None
    connection = client.get(
        reverse("portal:connection", args=[cast.workspace.public_id])
    )
    assert "Waiting for the first event" in connection.text
    assert not Link.objects.exists()
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.detail["status"]) == ("inbound.tested", 200)


@pytest.mark.django_db(transaction=True)
def test_a_test_call_right_after_a_rotation_is_accepted(
    client, cast, settings, live_server
):
    settings.INGEST_URL = live_server.url
    client.force_login(cast.alice)
    created(client, cast)
    client.post(page_of(cast, "receive-test"))  # now the ingest knows the secret
    created(client, cast)

    response = client.post(page_of(cast, "receive-test"), follow=True)

    assert "Test call accepted: status 200." in response.text


def test_a_test_call_that_reaches_nothing_says_so(as_alice, cast, settings):
    settings.INGEST_URL = "http://127.0.0.1:9"
    factories.inbound_address(cast.feed)

    response = as_alice.post(page_of(cast, "receive-test"), follow=True)

    assert "The inbound address can&#x27;t be reached." in response.text


def test_there_is_no_test_call_without_an_address(as_alice, cast):
    assert as_alice.post(page_of(cast, "receive-test")).status_code == 404


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_the_function_on_the_page_teaches_links_and_forgets_people(
    client, cast, settings, live_server
):
    settings.INGEST_URL = live_server.url
    client.force_login(cast.alice)
    secret = created(client, cast)
    code = copied(client.get(page_of(cast)).text, "function-code")
    person = {"userId": "User 1", "messageId": "m-1", "projectId": "p-1"}
    traits = {"traits": {"email": "kim@example.com"}, "writeKey": "w"}

    [learned] = call_function(
        code, ("onIdentify", {**person, "type": "identify", **traits}), secret=secret
    )
    links = [link.user_id for link in Link.objects.all()]
    [deleted] = call_function(
        code,
        ("onDelete", {**person, "type": "delete", "messageId": "m-2"}),
        secret=secret,
    )

    assert ("error" in learned, "error" in deleted) == (False, False)
    assert links == ["User 1"]
    assert not Link.objects.exists()
