"""Every page is accessible, light, and still while it loads, and fits a phone and a zoomed window.

It writes nothing to the console (conftest.py).
"""

from __future__ import annotations

import pytest
from django.test import Client

from streams.base.clock import now
from streams.connections.models import Connection
from streams.observability.requests.store import LoggedRequest, append
from tests import factories
from tests.browser.page_actions import barriers
from tests.browser.page_load import faults, watch
from tests.portal.access_table import PEOPLE, ROWS, Row, Scene, set_scene

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 800}
ZOOMED = {"width": 640, "height": 400}  # the desktop at 200%
PHONE = {"width": 320, "height": 640}
# As long as possible, with words that are wider than a phone.
NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk of Northwind and Sons "
# Arabic: written from right to left, in a page that is not.
RTL_NAME = "استبيانات رضا العملاء والموظفين (2026) "
PARTS = (
    "fresh/",
    "/chart/",
    "events/new/<int",
    "events/search/",
    "events/more/",
    "tail/rows/",
    "healthz",
    "readyz",
    "/logo",
    "/file/",
    "uploads/<upload_id>/report/",
    "sso/test/",  # leads to the provider
    "plan.yaml",
    "schema.json",
)

TOO_WIDE = """width => [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > width)
    .map(one => one.outerHTML.slice(0, 80))"""
# Words of the portal in tables that continue on a second line. Names and IDs may do so.
BROKEN_WORDS = """() => {
    const found = [];
    for (const cell of document.querySelectorAll(".table :is(thead th, .number, time, .words, .badge)")) {
        const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            for (const word of texts.currentNode.data.matchAll(/\\p{L}+/gu)) {
                const range = document.createRange();
                range.setStart(texts.currentNode, word.index);
                range.setEnd(texts.currentNode, word.index + word[0].length);
                const lines = new Set([...range.getClientRects()].map(one => Math.round(one.top)));
                if (lines.size > 1) found.push("broken: " + word[0]);
            }
        }
    }
    return found;
}"""


@pytest.fixture
def scene(transactional_db, settings, segment) -> Scene:
    settings.SANDBOX_URL = segment.url
    scene = set_scene()
    for named in (scene.cast.partner, scene.cast.stream, scene.cast.workspace):
        longest = named._meta.get_field("name").max_length
        named.name = (NAME * 3)[:longest]
        named.save(update_fields=["name"])
    scene.cast.workspace.name = (RTL_NAME * 9)[:longest]
    scene.cast.workspace.save(update_fields=["name"])
    return scene


def pages(person: str, below: str) -> list[Row]:
    """Return the full pages below an address that this person can open."""
    return [
        row
        for row in ROWS
        if row.method == "get"
        and row.route.startswith(below)
        and row.gets[PEOPLE.index(person)] == 200
        and not any(part in row.route for part in PARTS)
        and "." not in row.route.rpartition("/")[2]  # a file
    ]


def be(page, scene, live_server, name: str) -> None:
    """Sign in without the form."""
    client = Client()
    client.force_login(scene.person(name))
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    page.context.add_cookies([{**cookie, "url": live_server.url}])


def check(page, found: dict[str, object], state: str) -> None:
    """Add the problems of the current page: light on a desktop, dark on a phone."""
    page.wait_for_load_state()  # without its styles, a page has other colors
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)
    problems: list[object] = [*barriers(page)]
    page.set_viewport_size(ZOOMED)
    problems += too_wide(page, ZOOMED["width"])
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    problems += [*barriers(page), *too_wide(page, PHONE["width"])]
    problems += page.evaluate(BROKEN_WORDS)
    if problems:
        found[state] = problems


def too_wide(page, width: int) -> list[str]:
    """Return what is wider than the window, if the page can be scrolled sideways."""
    if page.evaluate("document.documentElement.scrollWidth") <= width:
        return []
    return [f"wider than {width} px", *page.evaluate(TOO_WIDE, width)]


def first_tab(page) -> str:
    """Return where the first Tab leads, unless it is the link that skips to the content."""
    page.keyboard.press("Tab")
    focused = "document.activeElement"
    if page.evaluate(f"{focused}.matches('a.skip')"):
        page.keyboard.press("Enter")
        if page.evaluate(f"{focused}.matches('main')"):
            return ""
    return page.evaluate(f"{focused}.outerHTML.slice(0, 80)")


@pytest.mark.parametrize(
    ("name", "below"),
    [
        ("nobody", ""),
        ("anna", "w/"),
        ("anna", "accounts/"),
        ("anna", "inbox/"),
        ("petra", "p/"),
    ],
)
def test_no_page_has_a_barrier_is_too_wide_heavy_or_moves(
    page, scene, live_server, name, below
):
    watch(page.context)
    if name != "nobody":
        be(page, scene, live_server, name)
    found: dict[str, object] = {}

    for row in pages(name, below):
        page.goto(live_server.url + scene.url(row))
        if loading := faults(page):
            found[f"{row.route}, loading"] = loading
        if name != "nobody" and (other := first_tab(page)):
            found[f"{row.route}, first Tab"] = other
        check(page, found, row.route)

    assert found == {}


def test_the_request_log_fits_a_phone(page, scene, live_server, settings, services):
    settings.REDIS_URL = services.new_redis_url()
    partner, at_s = scene.cast.partner, now().timestamp()
    mixed = LoggedRequest(
        at_s=at_s,
        status=200,
        path="/v1/batch",
        held=1_000,
        warned=1_000,
        rejected=500,
        rules=("SPEC-ID-002", "PLAN-REQUIRED-001", "SPEC-PROPERTY-001"),
        user_agent="analytics-node/2.1",
        body_bytes=480_000,
        shape='{"batch": []}',
    )
    refused = LoggedRequest(at_s=at_s, status=400, code="INGEST-WORKSPACE-001")
    append({partner.pk: [mixed, refused]}, now_s=at_s)
    be(page, scene, live_server, "petra")
    found: dict[str, object] = {}

    for path in ("requests/", "tail/?show=requests"):
        page.goto(f"{live_server.url}/p/{partner.slug}/{path}")
        check(page, found, path)

    assert found == {}


@pytest.fixture
def workspace(scene, live_server) -> str:
    return f"{live_server.url}/w/{scene.cast.workspace.public_id}/"


@pytest.fixture
def partner(scene, live_server) -> str:
    return f"{live_server.url}/p/{scene.cast.partner.slug}/"


@pytest.fixture
def plan(scene, partner) -> str:
    return f"{partner}streams/{scene.cast.stream.slug}/plan/"


def test_neither_has_any_state_that_follows_an_action(
    page, scene, live_server, workspace
):
    problems: dict[str, object] = {}

    be(page, scene, live_server, "anna")
    page.goto(f"{workspace}connection/change/")
    page.get_by_role("textbox", name="New write key").fill(factories.write_key())
    page.get_by_role("button", name="Review changes").click()
    page.get_by_role("button", name="Save changes").wait_for()
    check(page, problems, "the preview of a change")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("button", name="Send test event").click()
    page.get_by_text("Sending the test event").wait_for()
    check(page, problems, "a test event on its way")
    page.goto("about:blank")  # stop polling for the test event of a deleted connection
    Connection.objects.update(deleted_at=factories.NOW)
    page.goto(f"{workspace}connection/")
    page.get_by_role("button", name="Connect").click()
    page.get_by_text("Paste the write key of your Segment source").wait_for()
    check(page, problems, "a connection form with errors")

    assert problems == {}


def test_no_state_of_a_workspace_has_a_barrier(page, scene, live_server, workspace):
    factories.append(scene.cast.feed, 3, now=now())  # the chart has the last 24 hours
    problems: dict[str, object] = {}

    be(page, scene, live_server, "anna")
    page.goto(f"{workspace}events/?name=Nothing+is+called+so")
    check(page, problems, "a search without results")
    page.goto(workspace)
    page.get_by_text("View as table").click()
    check(page, problems, "the table of the chart")
    page.get_by_text("Your account").locator("..").click()
    check(page, problems, "the account menu")

    assert problems == {}


def test_no_state_of_a_partners_page_has_a_barrier(
    page, scene, live_server, partner, plan
):
    problems: dict[str, object] = {}

    be(page, scene, live_server, "petra")
    page.goto(f"{partner}tokens/")
    page.get_by_label("Name").fill("Staging")
    page.get_by_role("button", name="Create API token").click()
    check(page, problems, "a secret that is shown once")
    page.goto(f"{plan}events/new/")
    page.get_by_label("Name").first.fill("Email Unsubscribed")
    page.get_by_label("Trigger").focus()
    page.get_by_role("button", name="Rename to “Unsubscribed”").wait_for()
    page.get_by_role("textbox", name="Name").nth(1).fill("a..b")
    page.get_by_role("button", name="Add row to Properties").click()
    page.get_by_text("The path has an empty part, or a space").wait_for()
    check(page, problems, "an event of a plan with errors")
    page.goto(f"{plan}check/")
    page.locator("#id_events").fill('{"type": "track",\n"event": "Purchase"}')
    page.get_by_role("button", name="Check").click()
    page.get_by_text("userId is missing").first.wait_for()
    check(page, problems, "an event that was checked")

    assert problems == {}


def test_no_state_of_an_imported_plan_has_a_barrier(page, scene, live_server, plan):
    problems: dict[str, object] = {}
    invalid = {
        "name": "plan.yaml",
        "mimeType": "text/plain",
        "buffer": b"events:\n- a: b",
    }
    valid = {**invalid, "buffer": b"events:\n- name: Email Unsubscribed\n- call: page"}

    be(page, scene, live_server, "petra")
    page.goto(f"{plan}files/")
    page.get_by_text("Example YAML file").click()
    page.get_by_label("File").set_input_files(invalid)
    page.get_by_role("button", name="Upload file").click()
    check(page, problems, "a file that is not a plan")
    page.get_by_label("File").set_input_files(valid)
    page.get_by_role("button", name="Upload file").click()
    check(page, problems, "the changes that a file makes")
    page.get_by_role("button", name="Import as draft").click()
    page.goto(f"{plan}publish/")
    page.get_by_text("Spec properties of Unsubscribed").click()
    check(page, problems, "a plan that cannot be published")
    page.get_by_role("button", name="Rename to “Unsubscribed”").click()
    page.get_by_role("button", name="Publish plan version 2").click()
    page.goto(f"{plan}versions/?from=1&to=2")
    check(page, problems, "the difference between two versions of a plan")

    assert problems == {}


def test_a_connection_can_be_created_without_a_mouse(page, scene, live_server):
    Connection.objects.update(deleted_at=factories.NOW)
    be(page, scene, live_server, "alice")
    page.goto(f"{live_server.url}/w/{scene.cast.workspace.public_id}/connection/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    for _link in range(8):  # those of the open alerts
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('input')"):
            break
    page.keyboard.type(factories.write_key())
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")  # the last region: the sandbox in Europe
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Segment recognizes the key").wait_for()
    assert Connection.objects.current().get().region == "sandbox-eu"


def test_a_secret_is_copied_by_its_button_and_gone_after_a_reload(
    page, scene, live_server
):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    be(page, scene, live_server, "petra")
    page.goto(f"{live_server.url}/p/{scene.cast.partner.slug}/tokens/")
    page.get_by_label("Name").fill("Staging")
    page.get_by_role("button", name="Create API token").click()
    token = page.locator("#secret").inner_text()

    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    page.reload()

    assert copied == token
    assert token.startswith("pt_")
    assert token not in page.content()
    assert scene.cast.partner.tokens.count() == 2  # no second one was created
