"""The theme and the time zone of the profile in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.page_actions import barriers, sign_in

pytestmark = pytest.mark.browser

GROUND = "getComputedStyle(document.body).backgroundColor"
WHITE, BLACK = "rgb(255, 255, 255)", "rgb(16, 17, 20)"
# Records the color of the page at its first paint, and at each later frame.
FRAMES = """
  window.grounds = [];
  const look = () => {
    if (document.body) window.grounds.push(getComputedStyle(document.body).backgroundColor);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""


@pytest.fixture
def cast():
    return factories.cast()


def choose(page, url, label, value) -> None:
    page.goto(f"{url}/profile/")
    page.get_by_label("Your name").fill("Bob")
    page.get_by_label(label).select_option(value)
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Saved your profile.")).to_be_visible()


@pytest.mark.parametrize(
    ("device", "theme", "ground"), [("light", "dark", BLACK), ("dark", "light", WHITE)]
)
def test_pages_have_the_chosen_theme_from_the_first_paint(
    page, live_server, cast, device, theme, ground
):
    page.emulate_media(color_scheme=device)
    sign_in(page, live_server.url, cast.bob.email)
    before = page.evaluate(GROUND)
    choose(page, live_server.url, "Theme", theme)
    assert barriers(page) == []
    page.add_init_script(FRAMES)
    page.goto(f"{live_server.url}/w/{cast.workspace.public_id}/")
    page.wait_for_load_state("networkidle")

    assert before == (WHITE if device == "light" else BLACK)
    assert set(page.evaluate("window.grounds")) == {ground}
    assert barriers(page) == []


def test_the_theme_follows_the_device_until_one_is_chosen(page, live_server, cast):
    page.emulate_media(color_scheme="light")
    sign_in(page, live_server.url, cast.bob.email)
    light = page.evaluate(GROUND)
    page.emulate_media(color_scheme="dark")

    assert (light, page.evaluate(GROUND)) == (WHITE, BLACK)


def test_print_is_light(page, live_server, cast):
    page.emulate_media(color_scheme="light")
    sign_in(page, live_server.url, cast.bob.email)
    page.goto(f"{live_server.url}/profile/")
    light = page.evaluate(GROUND)
    choose(page, live_server.url, "Theme", "dark")
    dark = page.evaluate(GROUND)
    page.emulate_media(media="print")

    assert dark != light
    assert page.evaluate(GROUND) == light


def test_times_are_in_the_chosen_zone(page, live_server, cast):
    sign_in(page, live_server.url, cast.bob.email)
    choose(page, live_server.url, "Time zone", "America/New_York")
    page.goto(f"{live_server.url}/w/{cast.workspace.public_id}/")

    expect(page.get_by_text("Times are in America/New_York.")).to_be_visible()
