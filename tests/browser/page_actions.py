"""Common actions and checks of browser tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests import factories

if TYPE_CHECKING:
    from tests.second_factors import App


def sign_in(page: Page, url: str, email: str, app: App | None = None) -> None:
    """Sign in through the form, as users do; with a second factor if there is an app."""
    page.goto(url)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    if app:
        page.get_by_label("Code").fill(app.recovery_code())
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Don't trust").click()
    page.get_by_text("Your account").wait_for(state="attached")
    page.wait_for_load_state()  # until then, its scripts may not listen to keys


def barriers(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe objects to, and where."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
