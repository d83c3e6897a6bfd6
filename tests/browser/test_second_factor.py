"""Two-factor authentication in a real Chromium, with its virtual authenticator."""

from __future__ import annotations

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories
from tests.browser.page_actions import barriers
from tests.second_factors import code_of

pytestmark = pytest.mark.browser


@pytest.fixture
def site(live_server) -> str:
    """The portal by a name: a passkey belongs to one, and not to an IP address."""
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def fingerprint(page):
    """A device that stores passkeys and confirms them with a fingerprint."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def enter_password(page, site, person, path="/admin/") -> None:
    page.goto(site + path)
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def enter_code(page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()


def an_hour_passes() -> None:
    """Let all steps of authentication in the open sessions be an hour old."""
    for row in Session.objects.all():
        session = SessionStore(session_key=row.session_key)
        for record in session.get(AUTHENTICATION_METHODS_SESSION_KEY, []):
            record["at"] -= 3600
        session.modified = True
        session.save()


def sign_out(page, site) -> None:
    page.context.clear_cookies()
    page.goto(site + reverse("account_login"))


def test_an_operator_adds_an_app_and_recovers_with_a_code(page, site):
    olga = factories.staff("olga@portal.example")
    enter_password(page, site, olga)

    # Refused without a second factor.
    expect(page.get_by_role("heading", name="Set up two-factor")).to_be_visible()
    assert barriers(page) == []
    page.goto(f"{site}/admin/streams/partner/")
    expect(page.get_by_role("heading", name="Set up two-factor")).to_be_visible()

    page.get_by_role("link", name="Use an authenticator app").click()
    page.get_by_text("Can't scan the code?").click()
    secret = page.locator("#totp_secret").inner_text()
    assert barriers(page) == []
    page.get_by_label("Code from the app").fill(code_of(secret))
    page.get_by_role("button", name="Add authenticator app").click()
    recovery = page.locator("#recovery_codes li").all_inner_texts()
    assert barriers(page) == []
    assert len(set(recovery)) == 10
    page.get_by_role("link", name="I have saved the codes").click()
    expect(page).to_have_url(f"{site}/admin/streams/partner/")

    sign_out(page, site)
    enter_password(page, site, olga)
    assert barriers(page) == []
    page.get_by_role("button", name="Start over").click()
    enter_password(page, site, olga)
    enter_code(page, "000000")
    expect(page.get_by_text("This code or passkey isn't valid.")).to_be_visible()
    enter_code(page, code_of(secret, periods_ago=-1))
    expect(page).to_have_url(f"{site}/admin/")

    sign_out(page, site)
    enter_password(page, site, olga)
    enter_code(page, recovery[3])
    expect(page).to_have_url(f"{site}/admin/")


def test_a_passkey_is_added_and_is_enough_to_sign_in(page, site, fingerprint):
    olga = factories.staff("olga@portal.example")
    enter_password(page, site, olga)
    page.get_by_role("link", name="Add a passkey").click()
    assert barriers(page) == []
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("link", name="I have saved the codes").click()
    expect(page).to_have_url(f"{site}/admin/")
    assert Authenticator.objects.get(type="webauthn").wrap().name == "Laptop"

    # As the only step.
    sign_out(page, site)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{site}/admin/")

    # As the second step, after the password.
    sign_out(page, site)
    enter_password(page, site, olga)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{site}/admin/")

    page.goto(site + reverse("mfa_index"))
    assert barriers(page) == []
    expect(page.get_by_role("link", name="Rename Laptop")).to_be_visible()


def test_a_person_with_only_a_passkey_confirms_with_it(page, site, fingerprint):
    petra = factories.partner_member(factories.partner(), "admin")
    enter_password(page, site, petra, "/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("link", name="I have saved the codes").click()
    petra.set_unusable_password()
    petra.save()
    sign_out(page, site)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{site}/p/**")
    an_hour_passes()

    page.goto(site + reverse("usersessions_list"))

    expect(page.get_by_role("heading", name="Confirm it's you")).to_be_visible()
    expect(page.get_by_text("Use one of your passkeys")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("This browser")).to_be_visible()


def test_a_member_is_led_to_the_factor_that_a_workspace_requires_and_back(
    page, site, fingerprint
):
    workspace = factories.workspace(second_factor_required_at=factories.NOW)
    bob = factories.member(workspace, "viewer")
    enter_password(page, site, bob, f"/w/{workspace.public_id}/members/")

    expect(page.get_by_text("This workspace requires a second step")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("link", name="I have saved the codes").click()

    expect(page).to_have_url(f"{site}/w/{workspace.public_id}/members/")
    expect(page.get_by_role("heading", name="Members")).to_be_visible()


def test_a_browser_without_the_passkey_says_so(page, site, fingerprint):
    page.goto(site + reverse("account_login"))

    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_text("The passkey couldn't be used.")).to_be_visible()


def test_signing_out_everywhere_ends_the_session_of_another_browser(
    page, site, browser
):
    bob = factories.user("bob@northwind.example")
    enter_password(page, site, bob, "/")
    other = browser.new_context()
    there = other.new_page()
    enter_password(there, site, bob, "/")
    expect(there.get_by_role("button", name="Sign out")).to_be_visible()

    page.goto(site + reverse("usersessions_list"))
    assert barriers(page) == []
    expect(page.get_by_text("This browser")).to_be_visible()
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_text("You're signed out everywhere.")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    other.close()
