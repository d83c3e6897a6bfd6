"""The pages of webhook endpoints have no barrier in any state."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.alerts.webhooks.models import WebhookEndpoint
from streams.base.clock import now
from tests.browser.test_pages import be, check
from tests.portal.access_table import set_scene

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(transactional_db, settings, segment):
    settings.SANDBOX_URL = segment.url
    return set_scene()


def test_an_endpoint_is_added_tested_rotated_and_deleted(page, scene, live_server):
    found: dict[str, object] = {}
    be(page, scene, live_server, "anna")
    WebhookEndpoint.objects.update(failing_since=now() - timedelta(days=2))
    page.goto(f"{live_server.url}/w/{scene.cast.workspace.public_id}/webhooks/")
    check(page, found, "list")
    page.get_by_role("button", name="Add endpoint").click()
    page.locator("[aria-invalid=true]").wait_for()
    check(page, found, "error")
    page.get_by_role("textbox", name="URL").fill(
        f"https://hooks.example.com/{'long/' * 30}"
    )
    page.get_by_role("button", name="Add endpoint").click()
    page.wait_for_selector("#secret")
    check(page, found, "secret")
    page.get_by_role("link", name="hooks.example.com/long").click()
    page.get_by_role("button", name="Send a test").wait_for()
    check(page, found, "new endpoint")
    page.get_by_role("button", name="Send a test").click()
    page.get_by_text("Test queued.").wait_for()
    check(page, found, "queued")
    page.get_by_role("button", name="Rotate secret").click()
    page.wait_for_selector("#secret")
    check(page, found, "rotated")
    page.get_by_role("link", name="Delete endpoint").click()
    page.get_by_role("button", name="Delete endpoint").wait_for()
    check(page, found, "delete")
    page.get_by_role("button", name="Delete endpoint").click()
    page.get_by_text("Endpoint deleted.").wait_for()
    page.get_by_role("link", name="hooks.example.com/alerts").click()
    page.get_by_role("button", name="Send a test").wait_for()
    check(page, found, "failing endpoint")

    assert found == {}
