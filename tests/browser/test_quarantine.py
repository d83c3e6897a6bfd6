"""Scripts of the quarantine and the chart: selecting rows in ranges, and reading points by key."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from streams.base.clock import now
from tests import factories
from tests.browser.test_pages import be
from tests.portal.access_table import Scene, set_scene

pytestmark = pytest.mark.browser


@pytest.fixture
def workspace(page, live_server, transactional_db, settings, segment) -> str:
    """The URL of a workspace with events, opened as its admin."""
    settings.SANDBOX_URL = segment.url
    scene: Scene = set_scene()
    factories.quarantined(scene.cast.feed, 5, event="Mail Opened")
    factories.append(scene.cast.feed, 2, now=now())
    be(page, scene, live_server, "anna")
    return f"{live_server.url}/w/{scene.cast.workspace.public_id}/"


def test_shift_selects_a_range_and_the_button_counts_it(page, workspace):
    page.goto(f"{workspace}quarantine/")
    rows = page.locator("[data-pick]")
    rows.nth(1).click()

    rows.nth(4).click(modifiers=["Shift"])

    page.get_by_role("button", name="Resolve 4 selected events…").click()
    expect(page.get_by_role("heading", name="Resolve 4 events")).to_be_visible()


def test_the_arrow_keys_read_out_the_points_of_the_chart(page, workspace):
    page.goto(workspace)
    points = page.locator("[data-chart] .plot:first-child a.slot")
    points.last.focus()
    expect(page.locator("[data-readout]")).to_contain_text("2 accepted")

    page.keyboard.press("ArrowLeft")

    expect(page.locator("[data-readout]")).to_contain_text("0 accepted")
    expect(points.nth(94)).to_be_focused()
