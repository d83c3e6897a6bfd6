"""A real Chromium. Any message on a page's console fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

expect.set_options(timeout=60_000)  # the machines that run the tests are busy
# htmx focuses a new field that has `autofocus`. On a busy machine, it does so before Chromium
# does, which then says that it left the focus there.
FOCUSED_FIRST = "Autofocus processing was blocked because a document already has"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the browser tests that a worker runs in a row."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    # Playwright's loop runs in this thread, where Django then refuses the database.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "yes")
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def har(tmp_path) -> Path:
    """The file that records all responses to the browser when its window closes.

    Only windows of tests that use it are recorded.
    """
    return tmp_path / "answers.har"


@pytest.fixture
def context(request, browser, transactional_db) -> Iterator[BrowserContext]:
    """A new window, which must close without any message on its console.

    It closes before the database is emptied: a page that refreshes itself would get a
    404.
    """
    recorded: dict[str, Any] = {}
    if "har" in request.fixturenames:
        har = request.getfixturevalue("har")
        recorded = {"record_har_path": har, "record_har_content": "embed"}
    context = browser.new_context(
        **recorded,
        reduced_motion="reduce",  # axe would measure the colors of animations
    )
    context.set_default_timeout(60_000)
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if not message.text.startswith(FOCUSED_FIRST):
            said.append(f"{message.page} {message.text}")

    context.on("console", note)
    context.on("weberror", lambda error: said.append(str(error.error)))
    yield context
    context.close()
    assert said == []


@pytest.fixture
def page(context) -> Page:
    return context.new_page()
