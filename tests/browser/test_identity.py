"""“Receive from Segment” and “Identity” have no barrier in any state."""

from __future__ import annotations

import hmac
import json

import pytest
import requests

from streams.identity.inbound_address import InboundAddress
from streams.identity.models import Link
from tests.browser.test_pages import be, check
from tests.portal.access_table import set_scene

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(transactional_db, settings, segment):
    settings.SANDBOX_URL = segment.url
    return set_scene()


def test_an_address_is_created_tested_and_rotated(page, scene, live_server, settings):
    settings.INGEST_URL = live_server.url
    InboundAddress.objects.all().delete()
    found: dict[str, object] = {}
    be(page, scene, live_server, "alice")
    page.goto(f"{live_server.url}/w/{scene.cast.workspace.public_id}/connection/")
    page.get_by_role("link", name="Set up…").click()
    page.get_by_role("button", name="Create secret").wait_for()
    check(page, found, "without an address")
    page.get_by_role("button", name="Create secret").click()
    page.wait_for_selector("#secret")
    for method in page.locator("details[name=method]").all():
        method.locator("summary").click()
        check(page, found, method.locator("summary").inner_text())
    page.get_by_role("button", name="Send test call").click()
    page.get_by_text("Test call accepted").wait_for()
    check(page, found, "tested")
    page.get_by_role("button", name="Rotate secret").click()
    page.wait_for_selector("#secret")
    check(page, found, "rotated")

    assert found == {}
    assert InboundAddress.objects.get().own == 1


def test_a_person_of_a_signed_batch_is_found(page, scene, live_server, settings):
    """A customer follows the steps for Webhooks (Actions), and Segment sends a batch."""
    settings.INGEST_URL = live_server.url
    InboundAddress.objects.all().delete()
    be(page, scene, live_server, "alice")
    here = f"{live_server.url}/w/{scene.cast.workspace.public_id}"
    page.goto(f"{here}/connection/receive/")
    page.get_by_role("button", name="Create secret").click()
    secret = page.locator("#secret").inner_text()
    page.locator("summary").filter(has_text="Webhooks (Actions)").click()
    url = page.locator("#webhook-url").inner_text()

    status = send_batch(url, secret, ["lee@example.com", "sam@example.com"])

    assert status == 200
    # The part with the counts refreshes itself.
    page.locator("#received").get_by_text("Nothing yet").wait_for(state="detached")
    page.goto(f"{here}/identity/")
    page.get_by_label("Value").fill("SAM@example.com")
    page.get_by_role("button", name="Look up").click()
    assert page.locator("#person-user-id").inner_text() == "user of sam@example.com"


def send_batch(url: str, secret: str, emails: list[str]) -> int:
    """Send identify calls as Webhooks (Actions) does: its signature covers the first."""
    events = [
        json.dumps(
            {
                "type": "identify",
                "messageId": f"message of {email}",
                "projectId": "project-1",
                "userId": f"user of {email}",
                "traits": {"email": email},
            }
        )
        for email in emails
    ]
    signature = hmac.digest(secret.encode(), events[0].encode(), "sha1").hex()
    headers = {"Content-Type": "application/json", "X-Signature": signature}
    body = f"[{','.join(events)}]"
    return requests.post(url, data=body, headers=headers, timeout=30).status_code


def test_a_person_is_looked_up_and_a_conflict_decided(page, scene, live_server):
    found: dict[str, object] = {}
    be(page, scene, live_server, "alice")
    page.goto(f"{live_server.url}/w/{scene.cast.workspace.public_id}/identity/")
    page.get_by_label("Value").fill("kim")
    page.get_by_role("button", name="Look up").click()
    page.get_by_text("This value can't identify a person.").wait_for()
    check(page, found, "invalid")
    page.get_by_label("Value").fill("lee@example.com")
    page.get_by_role("button", name="Look up").click()
    page.get_by_role("heading", name="No link found").wait_for()
    check(page, found, "unknown")
    page.get_by_label("Value").fill("Kim@Example.com")
    page.get_by_role("button", name="Look up").click()
    page.locator("#person-user-id").wait_for()
    assert "example.com" not in page.url.lower()
    check(page, found, "person")
    page.get_by_role("button", name="Use other user-2").click()
    page.get_by_text("The link now has the other userId.").wait_for()
    check(page, found, "decided")

    assert found == {}
    assert Link.objects.get().user_id == "user-2"
