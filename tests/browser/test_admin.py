"""The admin in a real browser, under the strict policy: its scripts must run."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.page_load import faults, watch
from tests.second_factors import App

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 375, "height": 740}
WIDTH = "document.documentElement.scrollWidth"
LISTS = (
    "auditentry", "connection", "cursor", "delivery", "feed", "halt", "lease", "partner",
    "partnertoken", "planversion", "rejection", "replay", "stream", "user", "workspace",
)  # fmt: skip


@pytest.fixture
def staff(page, live_server):
    """A window in which Olga has signed in and opened the admin."""
    olga = factories.staff("olga@portal.example")
    app = App(olga)
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Email").fill(olga.email)
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(app.recovery_code())
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{live_server.url}/admin/")
    return page


def test_pages_fit_a_phone_and_open_without_a_message_on_the_console(
    staff, live_server
):
    cursor = factories.due_cursor(events=2)
    factories.rejected(cursor)
    factories.delivered(cursor, 2)
    factories.replay(cursor)

    pages = [f"streams/{name}/" for name in LISTS]
    pages += [
        "",
        "search/?q=workspace",
        "streams/halt/add/",
        "streams/delivery/?period=1h",
    ]
    pages.append(f"streams/workspace/{cursor.feed.workspace_id}/change/")
    pages.append(f"streams/stream/{cursor.stream_id}/review/suspend/")
    staff.set_viewport_size(PHONE)
    for page in pages:
        answer = staff.goto(f"{live_server.url}/admin/{page}")
        assert answer.status == 200, page
        assert staff.evaluate(WIDTH) == PHONE["width"], page


HEADER = "document.querySelector('#header').offsetHeight"
ACCOUNT = ("Notifications", "Change password", "Two-factor authentication")


@pytest.mark.parametrize("width", [1024, 1280])
def test_the_header_is_one_row_that_stays_still(staff, live_server, width):
    watch(staff.context)
    staff.set_viewport_size({"width": width, "height": 700})

    staff.goto(f"{live_server.url}/admin/streams/stream/", wait_until="networkidle")

    assert staff.evaluate(HEADER) < 60
    assert faults(staff) == []
    expect(staff.get_by_text("Times are in UTC")).to_be_in_viewport()


def test_the_account_menu_opens_by_keyboard_and_closes_on_escape(staff):
    account = staff.locator("summary", has_text="Your account")
    sign_out = staff.get_by_role("button", name="Sign out")

    account.press("Enter")
    for name in ACCOUNT:
        expect(staff.get_by_role("link", name=name, exact=True)).to_be_visible()
    staff.keyboard.press("Escape")

    expect(sign_out).to_be_hidden()
    expect(account).to_be_focused()


def test_the_account_menu_closes_on_a_click_elsewhere_and_signs_out(staff):
    account = staff.locator("summary", has_text="Your account")
    sign_out = staff.get_by_role("button", name="Sign out")

    account.click()
    staff.get_by_role("heading", name="Work queue").click()
    expect(sign_out).to_be_hidden()
    account.click()
    sign_out.click()

    expect(staff.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("width", [375, 900, 1280])
def test_forms_stay_still_while_scripts_build_their_fields(staff, live_server, width):
    partner = factories.partner()
    factories.partner_member(partner, "admin")
    watch(staff.context)
    staff.set_viewport_size({"width": width, "height": 800})

    for form in (
        "auth/group/add/",
        "streams/stream/add/",
        "streams/workspace/add/",
        f"streams/partner/{partner.pk}/change/",
    ):
        staff.goto(f"{live_server.url}/admin/{form}", wait_until="networkidle")

        assert faults(staff) == [], form


SLOW = {
    "offline": False, "latency": 20, "downloadThroughput": 200_000, "uploadThroughput": 200_000,
}  # fmt: skip


@pytest.mark.parametrize("width", [375, 1280])
def test_lists_stay_still_while_they_arrive_in_parts(staff, live_server, width):
    for number in range(40):
        factories.user(f"person-{number}@customer-{number}.example")
    factories.due_cursor(events=2)
    watch(staff.context)
    staff.set_viewport_size({"width": width, "height": 800})
    slow = staff.context.new_cdp_session(staff)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", SLOW)

    for name in ("user", "connection", "cursor"):
        staff.goto(f"{live_server.url}/admin/streams/{name}/", wait_until="networkidle")

        assert faults(staff) == [], name


IN_CAPITALS = """() => [...document.querySelectorAll("body *")]
    .filter(one => getComputedStyle(one).textTransform !== "none")
    .map(one => one.outerHTML.slice(0, 80))"""


def test_no_text_is_in_capitals(staff, live_server):
    partner = factories.partner()

    for page in (
        "", "search/?q=x", "streams/user/", f"streams/partner/{partner.pk}/change/",
        "streams/stream/add/", "streams/halt/add/", "auth/group/add/",
    ):  # fmt: skip
        staff.goto(f"{live_server.url}/admin/{page}")

        assert staff.evaluate(IN_CAPITALS) == [], page


def test_rows_of_attempts_stay_low_on_a_phone(staff, live_server):
    workspace = factories.workspace(name="A customer with a rather long name, Inc.")
    cursor = factories.due_cursor(
        events=2, connection=factories.connection(factories.feed(workspace=workspace))
    )
    factories.delivery(cursor, 1, 2, error="Segment doesn't respond. " * 10)
    staff.set_viewport_size({"width": 360, "height": 740})

    staff.goto(f"{live_server.url}/admin/streams/delivery/")

    row = staff.locator("#result_list tbody tr").first
    assert row.bounding_box()["height"] < 70


def test_a_feed_leads_to_the_status_of_one_event(staff, live_server):
    cursor = factories.due_cursor(events=2)
    factories.rejected(cursor, reason="Segment answered 400.")
    staff.set_viewport_size(PHONE)

    staff.goto(f"{live_server.url}/admin/streams/feed/")
    staff.get_by_role("link", name="Events", exact=True).click()
    first = staff.get_by_role("link", name="1", exact=True)
    expect(first).to_be_visible()
    assert staff.evaluate(WIDTH) == PHONE["width"]
    first.click()

    expect(
        staff.get_by_text("because Segment rejected it: Segment answered 400.")
    ).to_be_visible()
    assert staff.evaluate(WIDTH) == PHONE["width"]
    expect(staff.get_by_label("Payload as JSON")).to_contain_text('"userId"')


def test_a_connection_is_paused_from_the_list(staff, live_server):
    cursor = factories.due_cursor(events=1)

    staff.goto(f"{live_server.url}/admin/streams/connection/")
    staff.get_by_role("checkbox", name="Select this object").check()
    staff.get_by_label("Action:").select_option(label="Pause delivery…")
    staff.get_by_role("button", name="Run").click()
    staff.get_by_label("Reason").fill("Their server floods us.")
    staff.get_by_role("button", name="Pause delivery").click()

    said = "Paused 1 connection."
    expect(staff.get_by_text(said)).to_be_visible()
    cursor.refresh_from_db()
    assert cursor.held is True


def test_a_partner_is_created_and_a_member_is_found_by_typing(staff, live_server):
    factories.user("dev@postbox.example")

    staff.goto(f"{live_server.url}/admin/streams/partner/add/")
    staff.get_by_label("Name:", exact=True).press_sequentially("Postbox Inc")
    expect(staff.get_by_label("Slug:", exact=True)).to_have_value("postbox-inc")
    staff.get_by_label("Stream name:").press_sequentially("Postbox")
    expect(staff.get_by_label("Stream slug:")).to_have_value("postbox")
    staff.get_by_label("First admin's email:").fill("petra@postbox.example")
    staff.get_by_role("button", name="Save and continue editing").click()
    staff.get_by_text("Add another Member").click()
    staff.locator("#memberships-1 .select2-selection").click()
    staff.locator(".select2-search__field").press_sequentially("dev@")
    staff.get_by_role("option", name="dev@postbox.example").click()
    staff.locator("#id_memberships-1-role").select_option("developer")
    staff.get_by_role("button", name="Save", exact=True).click()

    expect(staff.get_by_text("was changed successfully")).to_be_visible()
