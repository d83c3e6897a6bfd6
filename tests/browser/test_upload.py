"""A browser sends a large file in parts, and the page follows the worker."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from streams.identity.models import IdentityMap
from streams.uploads.models import Upload
from streams.uploads.reading import step
from streams.uploads.services import MAX_PART_BYTES
from tests.browser.test_pages import be, check
from tests.portal.access_table import set_scene

pytestmark = pytest.mark.browser
PEOPLE = 3_000


def text() -> bytes:
    """Return a list of people with long comments, of more than two parts."""
    comment = "x" * (2 * MAX_PART_BYTES // PEOPLE)
    rows = [f"u{n},p{n}@example.com,{comment}" for n in range(1, PEOPLE + 1)]
    return "\n".join(["userId,email,comment", *rows]).encode()


def work() -> None:
    while step():
        pass


def test_a_large_file_is_sent_in_parts_checked_and_applied(
    page, transactional_db, live_server, tmp_path
):
    scene = set_scene()
    workspace = scene.cast.workspace
    Upload.objects.all().delete()
    links = IdentityMap.objects.get().links
    file = tmp_path / "people.csv"
    file.write_bytes(text())
    found: dict[str, object] = {}
    be(page, scene, live_server, "alice")

    page.goto(f"{live_server.url}/w/{workspace.public_id}/identity/")
    page.get_by_role("link", name="Upload userIds…").click()
    check(page, found, "no uploads")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", name="Checking: 0%")).to_be_visible()
    upload = Upload.objects.get()
    assert (upload.parts, upload.received_bytes) == (3, file.stat().st_size)
    work()

    expect(page.get_by_text("Nothing was changed yet.")).to_be_visible()
    check(page, found, "checked")
    page.get_by_role("button", name="Add links").click()
    expect(page.get_by_role("heading", name="Applying: 0%")).to_be_visible()
    work()

    expect(page.get_by_text("The links were added")).to_be_visible()
    check(page, found, "applied")
    assert IdentityMap.objects.get().links == links + PEOPLE
    assert found == {}
