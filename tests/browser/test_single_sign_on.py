"""Sign in through a real OpenID Connect provider, in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from streams.sign_in.sso.domains import set_domains
from streams.sign_in.sso.models import SsoProvider
from streams.sign_in.sso.services import (
    SsoSettings,
    configure,
    mark_tested,
    set_enforced,
)
from streams.tenancy.invitations import make_invitation, token_of
from tests import factories
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.browser
PEOPLE = {
    "petra": {"email": "petra@postbox.example", "email_verified": True},
    "nora": {
        "email": "nora@postbox.example",
        "email_verified": True,
        "name": "Nora North",
    },
}


@pytest.fixture
def page(browser, transactional_db) -> Iterator[Page]:
    """A window that accepts the provider's certificate, without messages on its console."""
    context = browser.new_context(ignore_https_errors=True, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    said: list[str] = []
    # The browser itself notes a response of 403.
    context.on(
        "console",
        lambda message: "status of 403" in message.text or said.append(message.text),
    )
    context.on("weberror", lambda error: said.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert said == []


@pytest.fixture
def petra(transactional_db):
    partner = factories.partner(name="Postbox", slug="postbox")
    set_domains(partner=partner, domains=["postbox.example"], actor=None)
    return factories.partner_member(partner, "admin", "petra@postbox.example")


@pytest.fixture
def partner(petra):
    return petra.partner_memberships.get().partner


@pytest.fixture
def sso(partner, petra, customers_provider, live_server):
    entered = SsoSettings(issuer=customers_provider.issuer, client_id=CLIENT_ID)
    sso = configure(partner=partner, entered=entered, secret=CLIENT_SECRET, actor=petra)
    mark_tested(provider=sso, actor=petra)
    at_provider(customers_provider, sso, live_server)
    return sso


def at_provider(customers_provider, sso, live_server) -> None:
    callback = reverse("openid_connect_callback", args=[sso.public_id])
    customers_provider.set(redirectUris=[f"{live_server.url}{callback}"], people=PEOPLE)


def sign_in_there(page: Page, name: str) -> None:
    page.get_by_role("heading", name="Provider").wait_for()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Continue").click()


def test_a_member_is_led_to_the_provider_by_the_email(page, sso, live_server, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    page.goto(f"{live_server.url}/p/postbox/tokens/")
    page.get_by_label("Email").fill("petra@postbox.example")
    page.get_by_label("Password").focus()
    page.get_by_role("link", name="Continue with the single sign-on").click()
    sign_in_there(page, "petra")

    page.wait_for_url(f"{live_server.url}/p/postbox/tokens/")
    page.get_by_role("heading", name="API tokens", exact=True).wait_for()


def test_an_invited_person_becomes_a_member(page, sso, partner, live_server):
    make_invitation(
        place=partner, email="nora@postbox.example", role="support", actor=None
    )
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_role("link", name="Sign in with single sign-on").click()
    page.get_by_label("Email").fill("nora@postbox.example")
    page.get_by_role("button", name="Continue").click()
    sign_in_there(page, "nora")

    page.get_by_role("heading", name="Workspaces", exact=True).wait_for()
    page.goto(f"{live_server.url}/p/postbox/members/")
    page.get_by_text("nora@postbox.example").first.wait_for()


def test_an_invitation_leads_there_if_single_sign_on_is_required(
    page, sso, partner, petra, live_server
):
    set_enforced(partner=partner, is_enforced=True, actor=petra)
    invitation = make_invitation(
        place=partner, email="nora@postbox.example", role="support", actor=None
    )
    link = reverse("portal:invitation", args=[token_of(invitation)])
    page.goto(f"{live_server.url}{link}")
    sign_in_there(page, "nora")

    page.get_by_role("heading", name="Workspaces", exact=True).wait_for()


def test_a_password_is_refused_and_the_page_leads_on(
    page, sso, partner, petra, live_server, settings
):
    settings.REQUIRE_SECOND_FACTOR = False
    set_enforced(partner=partner, is_enforced=True, actor=petra)
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Email").fill("petra@postbox.example")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Single sign-on required").wait_for()
    page.get_by_role("link", name="Continue with single sign-on").click()
    sign_in_there(page, "petra")

    page.get_by_role("heading", name="Workspaces", exact=True).wait_for()


def test_a_stranger_sees_why_and_gets_back(page, sso, live_server):
    start = reverse("openid_connect_login", args=[sso.public_id])
    page.goto(f"{live_server.url}{start}")
    sign_in_there(page, "nora")
    page.get_by_text("has no access to the Partner Portal yet").wait_for()
    page.get_by_role("link", name="Back to sign in").click()

    page.get_by_role("heading", name="Sign in", exact=True).wait_for()


def test_an_admin_configures_tests_and_requires_it(
    page, petra, customers_provider, live_server
):
    client = Client()
    client.force_login(petra)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    page.context.add_cookies([{**cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/p/postbox/members/")
    page.get_by_role("link", name="Single sign-on").click()
    page.get_by_label("Issuer").fill(customers_provider.issuer)
    page.get_by_label("Client ID").fill(CLIENT_ID)
    page.get_by_label("Client secret").fill(CLIENT_SECRET)
    page.get_by_role("button", name="Save provider").click()
    page.get_by_text("Saved. Test single sign-on next.").wait_for()
    at_provider(customers_provider, SsoProvider.objects.get(), live_server)
    page.get_by_role("link", name="Test single sign-on").click()
    sign_in_there(page, "petra")
    page.get_by_text("Single sign-on works").wait_for()
    page.get_by_role("button", name="Require single sign-on").click()

    page.get_by_text("Required: people with your email domains").wait_for()
