"""A new partner's way from a template to a green checklist, in a real browser.

Real are also the web, the ingest, the worker and the Segment that they deliver to.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.page_actions import sign_in
from tests.portal_processes import until
from tests.second_factors import App

if TYPE_CHECKING:
    from streams.tenancy.models import User
    from tests.portal_processes import RunningPortal

pytestmark = [pytest.mark.browser, pytest.mark.processes]

WALK = ["Email Delivered", "Email Opened", "Email Link Clicked", "Unsubscribed"]
WALKED = f"One user in one workspace completed in order: {', '.join(WALK)}."
PLAN = [*WALK[:1], "Email Bounced", *WALK[1:3], "Email Marked as Spam", *WALK[3:]]
SLUG = "letterbox-mail"

# The checks of the checklist: the state of each, and why.
NOTHING_CAME = "Incomplete No events have arrived in a test workspace yet."
NOTHING_SENT = "Incomplete No requests have been sent from a test workspace yet."
AT_FIRST = {
    "planned": f"Incomplete 0 of 6 arrived. Still missing: {', '.join(PLAN[:5])}, and 1 more.",
    "walk": "Incomplete 0 of 4 arrived in order. Next: Email Delivered.",
    "user-id": NOTHING_CAME,
    "user-id-as-sent": "Incomplete No call has a userId that arrived from Segment.",
    "integration": NOTHING_CAME,
    "rules": NOTHING_CAME,
    "key": NOTHING_SENT,
    "rate": NOTHING_SENT,
    "batches": NOTHING_SENT,
    "regions": "Incomplete No events have been delivered yet to: US, Europe.",
    "pages": "Passed Published: Source page (page version 1), Integration page (page version 1).",
}
ACCEPTED = {
    "planned": "Simulated only All 6 planned events arrived with all required properties.",
    "walk": f"Simulated only {WALKED}",
    "user-id": "Simulated only In all 20 calls, the userId isn't an email address",
    "integration": f"Simulated only All 20 calls name {SLUG}. The portal adds the name to every event.",
    "rules": "Simulated only 20 events checked, no errors found.",
}
DELIVERED = {
    "key": re.compile(
        "Simulated only The portal always sends .+ [1-9][0-9]* delivered requests confirm"
    ),
    "rate": re.compile(
        "Simulated only At most [1-9][0-9]? requests? arrived within one second"
    ),
    "batches": re.compile(
        "Simulated only Most events in a request: [1-9][0-9]?\\. Largest"
    ),
    "regions": "Simulated only Delivered to: Sandbox, Sandbox (Europe).",
}
REFUSED = dict.fromkeys(
    ("user-id", "rules"),
    "Failed Found at ingest: Email Opened: userId is missing, and the stream doesn't accept events with only an anonymousId. (SPEC-ID-001)",
)


def shows_checks(page: Page, checks: dict[str, str | re.Pattern[str]]) -> None:
    """Wait until the page, without a reload, shows these checks with these texts."""
    for name, text in checks.items():
        expect(page.locator(f"#{name}")).to_contain_text(text)


def sign_out(page: Page) -> None:
    page.locator("summary", has_text="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Password").wait_for()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Stream").get_by_role("link", name=name).click()


def has_message(page: Page, text: str) -> None:
    """Wait for the portal's message about the last action."""
    expect(page.get_by_role("status").get_by_text(text)).to_be_visible()


def start_stream(page: Page) -> None:
    page.get_by_role("navigation", name="Partner").get_by_text("Streams").click()
    page.get_by_role("link", name="New stream").first.click()
    page.get_by_label("Name", exact=True).press_sequentially("Letterbox Mail")
    expect(page.get_by_label("Slug")).to_have_value(SLUG)
    page.get_by_role("radio", name=re.compile("^Email")).check()
    page.get_by_role("button", name="Create stream").click()
    has_message(page, "Letterbox Mail created. Next, check its plan and publish it.")
    for name in PLAN:
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def plan(page: Page) -> None:
    """As the tool calls it first, which cannot be published; then as Segment does."""
    page.get_by_role("link", name="Edit Unsubscribed").click()
    event = page.get_by_role("region", name="Event", exact=True)
    event.get_by_label("Name").fill("Email Unsubscribed")
    page.get_by_role("button", name="Save to draft").click()
    has_message(page, "“Email Unsubscribed” was saved to the draft.")
    expect(page.get_by_role("button", name="Rename to “Unsubscribed”")).to_be_visible()

    page.get_by_role("link", name="← Plan").click()
    expect(page.get_by_text("Can't be published", exact=True)).to_be_visible()
    page.get_by_role("link", name="Publish…").click()
    first = page.get_by_role("region", name="Errors")
    expect(first.get_by_role("heading", name="Email Unsubscribed")).to_be_visible()
    expect(page.get_by_role("button", name="Publish plan version 1")).to_be_disabled()
    first.get_by_role("button", name="Rename to “Unsubscribed”").click()

    has_message(page, "The event was renamed to “Unsubscribed” in the draft.")
    expect(first).to_be_hidden()
    page.get_by_role("button", name="Publish plan version 1").click()
    has_message(page, "Plan version 1 was published.")


def publish_pages(page: Page) -> None:
    """Each with a sentence of the partner's own, which the preview has at once."""
    for title, path in (("Source", ""), ("Integration", "integration/")):
        own = f"Ask us about {title.lower()}."
        open_tab(page, "Docs")
        page.get_by_role("link", name=re.compile(f"^Edit .*{title}$")).click()
        page.get_by_role("textbox", name="Text").focus()
        page.keyboard.press("Control+End")
        page.keyboard.insert_text(f"\n\n{own}\n")
        expect(page.locator("#preview").get_by_text(own)).to_be_visible()
        page.get_by_role("button", name="Save and publish…").click()
        page.get_by_role("button", name="Publish", exact=True).click()
        has_message(page, "The page was published. It goes live within a minute.")
        page.locator(f'a[href$="/docs/{SLUG}/{path}"]').click()
        expect(page.get_by_role("article").get_by_text(own)).to_be_visible()
        page.go_back()


def submit(page: Page) -> None:
    open_tab(page, "Launch checklist")
    page.get_by_label("Development starts").fill("2026-12-01")
    page.get_by_label("QA starts").fill("2027-01-11")
    page.get_by_label("Launch", exact=True).fill("2027-02-01")
    page.get_by_label("Note to the reviewer").fill("Ten customers wait for it.")
    page.get_by_role("button", name="Submit for review").click()
    has_message(page, "Submitted for review.")


def approve(page: Page, web: str, staff: User) -> None:
    app = App(staff)
    page.goto(f"{web}/admin/")
    page.get_by_label("Email").fill(staff.email)
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(app.recovery_code())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Streams", exact=True).click()
    page.get_by_role("row", name=SLUG).get_by_role("link", name="Review page").click()
    expect(page.get_by_text("Ten customers wait for it.")).to_be_visible()
    page.get_by_role("link", name="Approve stream…").click()
    page.get_by_label("Message to the partner").fill("Welcome.")
    page.get_by_role("button", name="Approve stream").click()
    expect(page.get_by_text("is now “Approved”.")).to_be_visible()
    sign_out(page)


def token(page: Page) -> str:
    page.get_by_role("navigation", name="Partner").get_by_text("API tokens").click()
    page.get_by_label("Name").fill("The tool itself")
    page.get_by_role("button", name="Create API token").click()
    return page.locator("#secret").inner_text()


def send_without_user(ingest: str, bearer: str) -> dict[str, object]:
    """Send an event of the plan without a userId; return its status."""
    mail = {"email_id": "m-1", "email_subject": "March", "campaign_id": "c-1"}
    event = {"type": "track", "event": "Email Opened", "properties": mail}
    answer = requests.post(
        f"{ingest}/v1/batch",
        headers={"Authorization": f"Bearer {bearer}"},
        json={"batch": [{**event, "anonymousId": "a-1", "workspace": "qa-us"}]},
        timeout=10,
    )
    return answer.json()["results"][0]


def walks(segment) -> dict[str, list[str]]:
    """By region, what of one person's walk arrived there, in the order of arrival."""
    shown = [one for one in segment.shown_events() if one["event"]["userId"] == "qa-user-2"]  # fmt: skip
    shown.sort(key=lambda one: one["region"])
    regions = groupby(shown, key=lambda one: one["region"])
    return {region: [one["event"]["event"] for one in ones] for region, ones in regions}


def test_a_qa_test_simulates_the_checklist_of_a_new_stream_and_one_bad_event_turns_it_red(
    portal: RunningPortal, far_segment, page, settings
):
    # The web process knows no other hash, unlike the tests themselves.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    petra = factories.partner_member(
        factories.partner(), "admin", "petra@letterbox.example"
    )
    olga, app = factories.staff("olga@portal.example"), App(petra)
    ingest = portal.environ["INGEST_URL"] = portal.ingest()
    web = portal.web()

    sign_in(page, web, petra.email, app)
    start_stream(page)
    plan(page)
    publish_pages(page)
    submit(page)
    sign_out(page)
    approve(page, web, olga)
    sign_in(page, web, petra.email, app)
    start_qa(page)

    run_qa_test(page)
    portal.worker()
    see_all_checks_simulated(page)
    assert walks(far_segment) == {"sandbox": WALK, "eu": WALK}
    follow_the_links(page)

    # One event without a userId is refused at ingest, and the checks that it concerns fail.
    bearer = token(page)
    assert send_without_user(ingest, bearer)["outcome"] == "rejected"
    see_failed_checks(page)


def start_qa(page: Page) -> None:
    open_stream(page)
    expect(page.get_by_text("Welcome.")).to_be_visible()
    page.get_by_role("button", name="Start QA").click()
    expect(page.get_by_text("1 of 11 checks on the QA checklist passed.")).to_be_visible()  # fmt: skip


def open_stream(page: Page) -> None:
    page.get_by_role("navigation", name="Partner").get_by_text("Streams").click()
    page.get_by_role("link", name="Letterbox Mail").click()


def run_qa_test(page: Page) -> None:
    """Run the QA test without a worker: it simulates the checks of accepted events."""
    open_tab(page, "QA")
    shows_checks(page, AT_FIRST)
    page.get_by_role("button", name="Create two test workspaces").click()
    has_message(
        page,
        "The test workspaces are ready. Send events to the IDs in their list.",
    )
    page.get_by_role("button", name="Run QA test").click()
    has_message(page, "QA test started: 20 events sent.")
    nothing_sent = {name: AT_FIRST[name] for name in DELIVERED}
    shows_checks(page, ACCEPTED | nothing_sent | {"pages": AT_FIRST["pages"]})
    expect(page.get_by_text("1 of 11 passed")).to_be_visible()


def see_all_checks_simulated(page: Page) -> None:
    """See that the portal's own events make no check pass."""
    shows_checks(page, ACCEPTED | DELIVERED)
    expect(page.get_by_text("1 of 11 passed")).to_be_visible()


def follow_the_links(page: Page) -> None:
    """See that each check links to the events or attempts that prove it."""
    page.locator("#walk").get_by_role("link", name="Unsubscribed").click()
    shown = page.get_by_role("group", name="Payload")
    expect(shown).to_contain_text('"userId": "qa-user-1"')
    expect(shown).to_contain_text('"event": "Unsubscribed"')
    page.go_back()
    page.locator("#regions").get_by_role("link").first.click()
    expect(page.get_by_text("Sandbox").first).to_be_visible()
    page.go_back()


def see_failed_checks(page: Page) -> None:
    open_stream(page)
    open_tab(page, "QA")
    failed = page.locator("#user-id").get_by_text("Failed")
    until(lambda: page.reload() and failed.is_visible())
    shows_checks(page, ACCEPTED | DELIVERED | REFUSED)
    page.locator("#user-id").get_by_role("link", name="SPEC-ID-001").click()
    expect(page.get_by_role("heading", name="Issues")).to_be_visible()
    page.locator("details.fault summary").first.click()
    expect(page.get_by_text("userId is missing,").first).to_be_visible()
