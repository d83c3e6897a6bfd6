"""An operator views the portal as a user: every page says so, and no form changes anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from streams.audit.models import AuditEntry
from streams.tenancy.members import open_invitations
from tests import factories
from tests.browser.page_actions import barriers
from tests.second_factors import App

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REASON = "A customer asked why events are missing."


def sign_in(page, live_server) -> None:
    olga = factories.staff("olga@portal.example")
    app = App(olga)
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Email").fill(olga.email)
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(app.recovery_code())
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{live_server.url}/admin/")


def test_the_view_is_visible_and_cannot_write(browser, live_server, transactional_db):
    workspace = factories.workspace()
    anna = factories.member(workspace, "admin", "anna@northwind.example")
    # Not the window of the other tests: the refusal is a message on its console.
    window = browser.new_context(reduced_motion="reduce")
    page = window.new_page()
    sign_in(page, live_server)

    page.goto(f"{live_server.url}/admin/streams/user/{anna.pk}/change/")
    page.get_by_role("link", name="View the portal as this user").click()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="View the portal").click()

    viewing = page.get_by_role("complementary", name="Viewing as another user")
    expect(viewing).to_contain_text(f"You view the portal as {anna.email}")
    page.goto(f"{live_server.url}/w/{workspace.public_id}/members/")
    expect(viewing).to_be_visible()
    assert barriers(page) == []

    page.get_by_label("Email").fill("eve@evil.example")
    page.get_by_role("radio", name="Admin").check()
    page.get_by_role("button", name="Send invitation").click()

    expect(page.get_by_text("and can't change anything.")).to_be_visible()
    assert not open_invitations(workspace, "eve@evil.example").exists()

    page.goto(f"{live_server.url}/w/{workspace.public_id}/")
    viewing.get_by_role("button", name="Stop viewing").click()
    expect(page).to_have_url(f"{live_server.url}/admin/streams/user/{anna.pk}/change/")
    actions = AuditEntry.objects.filter(action__startswith="impersonation.")
    assert [*actions.order_by("pk").values_list("action", flat=True)] == [
        "impersonation.started",
        "impersonation.viewed",
        "impersonation.ended",
    ]
    window.close()
