"""The search box as a dialog."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.page_actions import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("text", ["", "replay"])
def test_escape_closes_the_search_box_at_once(page, live_server, text):
    cast = factories.cast()
    sign_in(page, f"{live_server.url}/w/{cast.workspace.public_id}/", cast.anna.email)
    page.keyboard.press("/")
    box = page.get_by_role("combobox")
    expect(box).to_be_focused()
    page.keyboard.type(text)

    page.keyboard.press("Escape")

    expect(box).to_be_hidden()


@pytest.mark.parametrize("text", ["", "replay"])
def test_its_close_button_closes_the_search_box_at_once(page, live_server, text):
    cast = factories.cast()
    sign_in(page, f"{live_server.url}/w/{cast.workspace.public_id}/", cast.anna.email)
    page.keyboard.press("/")
    box = page.get_by_role("combobox")
    expect(box).to_be_focused()
    page.keyboard.type(text)

    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    expect(box).to_be_hidden()
