from __future__ import annotations

import time
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user
from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse

from partner_portal import sign_in as sign_in_settings
from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.base.email import wait_until_sent
from streams.base.keyring import KeyRing
from streams.sign_in.second_factor.stored_secrets import renew_factors
from tests import factories
from tests.connections.test_write_keys import ring
from tests.second_factors import PERIOD_S, App, code_of

pytestmark = pytest.mark.django_db

PASSWORD = {"password": factories.PASSWORD}


def setup(back: str) -> str:
    """Return the URL of the page that asks for a second factor."""
    return reverse("account_second_factor", query={"next": back})


def sign_in(client, user):
    """Send the password, and return the response."""
    return client.post(reverse("account_login"), {"login": user.email, **PASSWORD})


def enter(client, code: str, page: str = "mfa_authenticate"):
    return client.post(reverse(page), {"code": code})


@pytest.fixture(autouse=True)
def _all_emails_sent():
    """Let no email arrive during the next test."""
    yield
    wait_until_sent()


@pytest.fixture
def olga():
    return factories.staff("olga@portal.example")


@pytest.fixture
def app(olga):
    return App(olga)


def test_a_password_alone_does_not_open_the_admin(client, olga):
    sign_in(client, olga)

    response = client.get("/admin/")

    assert response.url == setup("/admin/")
    assert "Add a passkey" in client.get(response.url).text
    assert client.get("/").url == setup("/")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "page", ["admin:index", "admin:streams_partner_changelist", "outbox", "portal:home"]
)
def test_no_page_opens_for_operators_without_a_second_factor(
    client, olga, method, page
):
    sign_in(client, olga)

    response = getattr(client, method)(reverse(page))

    assert response.status_code == 302
    assert response.url.startswith("/accounts/2fa/required/")


def test_an_enrolled_factor_that_the_session_did_not_use_opens_nothing(client, olga):
    sign_in(client, olga)
    App(olga)  # added in another browser

    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == (
        "/accounts/2fa/reauthenticate/?next=%2Fadmin%2F"
    )


@pytest.mark.django_db(transaction=True)
def test_an_authenticator_app_is_added_and_used(client, olga, settings):
    sign_in(client, olga)
    client.get(client.get("/admin/").url)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    added = enter(client, code_of(secret), "mfa_activate_totp")
    codes = client.get(added.url)
    again = client.get(added.url)

    assert added.url == reverse("mfa_view_recovery_codes")
    assert len(codes.context["unused_codes"]) == 10
    assert set(again.context["unused_codes"]) == {"****"}  # shown once
    assert client.get(reverse("account_second_factor_done")).url == "/admin/"
    assert client.get("/admin/").status_code == 200
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    assert stored.partition(":")[0] in KeyRing.parse(settings.ENCRYPTION_KEYS).keys


def test_the_code_of_the_app_is_the_second_step(client, olga, app):
    first = sign_in(client, olga)
    user_before = get_user(client)
    done = enter(client, app.code())

    assert first.url == reverse("mfa_authenticate")
    assert user_before.is_anonymous
    assert done.url == "/"
    assert client.get("/admin/").status_code == 200


def test_a_code_works_once(client, olga, app):
    sign_in(client, olga)
    code = app.code()
    enter(client, code)
    client.logout()
    sign_in(client, olga)

    assert "This code or passkey isn" in enter(client, code).text


def test_a_code_that_is_too_old_is_refused(client, olga, app):
    sign_in(client, olga)

    assert enter(client, app.code(periods_ago=3)).status_code == 200
    assert get_user(client).is_anonymous


def test_a_recovery_code_works_once_and_is_emailed(client, olga, app, mailoutbox):
    for _ in range(2):
        client.logout()
        sign_in(client, olga)
        last = enter(client, app.recovery[0])
    wait_until_sent()

    assert last.status_code == 200
    assert "Recovery code used for your account" in [m.subject for m in mailoutbox]


def test_codes_cannot_be_guessed(client, mailoutbox):
    user = factories.user()
    app = App(user)
    sign_in(client, user)
    for number in range(10):
        enter(client, f"{number:06}")

    refused = enter(client, app.code())
    wait_until_sent()

    assert "There were too many wrong codes." in refused.text
    assert get_user(client).is_anonymous
    assert [m.subject for m in mailoutbox] == ["Wrong codes for your account"]


def test_a_partner_admin_must_add_a_factor_but_a_developer_need_not(client):
    partner = factories.partner()
    admin = factories.partner_member(partner, "admin")
    sign_in(client, factories.partner_member(partner))
    as_developer = client.get(f"/p/{partner.slug}/")
    client.logout()
    sign_in(client, admin)

    assert as_developer.status_code == 200
    assert client.get(f"/p/{partner.slug}/").url == setup(f"/p/{partner.slug}/")


def test_all_users_must_add_a_factor_if_the_operator_says_so(client, settings):
    settings.REQUIRE_SECOND_FACTOR_OF_ALL = True
    bob = factories.member(factories.workspace(), "viewer")
    sign_in(client, bob)

    assert client.get("/").url == setup("/")
    assert client.get("/docs/").status_code == 200


def test_a_code_is_valid_only_while_the_app_shows_it(client, olga, app, settings):
    settings.MFA_TOTP_TOLERANCE = sign_in_settings.MFA_TOTP_TOLERANCE
    at = int(time.time()) // PERIOD_S * PERIOD_S
    codes = [app.code(periods_ago) for periods_ago in (-1, 0, 1)]
    accepted = []
    for second in (0, PERIOD_S - 1):
        for number, code in enumerate(codes):
            with time_machine.travel(at + second, tick=False):
                sign_in(client, olga)
                if enter(client, code).status_code == 302:
                    accepted.append((second, number))
                    client.logout()
                    break

    assert accepted == [(0, 1)]  # the present one, once


def test_a_demonstration_requires_none(client, olga, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    sign_in(client, olga)

    assert client.get("/admin/").status_code == 200


def test_the_last_factor_of_an_operator_cannot_be_removed(client, olga, app):
    sign_in(client, olga)
    enter(client, app.code())

    refused = client.post(reverse("mfa_deactivate_totp"))

    assert (
        "The portal or a workspace requires two-factor authentication." in refused.text
    )
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_member_may_remove_their_factor(client, mailoutbox):
    bob = factories.user()
    app = App(bob)
    sign_in(client, bob)
    enter(client, app.code())
    client.post(reverse("mfa_trust"), {"action": "no"})

    client.post(reverse("mfa_deactivate_totp"))
    wait_until_sent()

    assert not Authenticator.objects.exists()
    assert mailoutbox[-1].subject == "Authenticator app removed from your account"


def test_a_trusted_browser_skips_the_second_step_for_30_days(client):
    bob = factories.user()
    app = App(bob)
    sign_in(client, bob)
    asked = enter(client, app.code())
    client.post(asked.url, {"action": "trust"})
    client.post(reverse("account_logout"))

    trusted = sign_in(client, bob)
    client.post(reverse("account_logout"))
    with time_machine.travel(now() + timedelta(days=30, seconds=5)):
        later = sign_in(client, bob)

    assert asked.url == reverse("mfa_trust")
    assert trusted.url == "/"
    assert later.url == reverse("mfa_authenticate")


def test_a_trusted_browser_is_not_enough_for_an_operator(client):
    bob = factories.user()
    app = App(bob)
    sign_in(client, bob)
    enter(client, app.code())
    client.post(reverse("mfa_trust"), {"action": "trust"})
    client.post(reverse("account_logout"))
    sign_in(client, bob)
    bob.is_staff = bob.is_superuser = True
    bob.save()

    session = client.get("/admin/").url
    client.post(reverse("account_logout"))

    assert session == setup("/admin/")
    assert sign_in(client, bob).url == reverse("mfa_authenticate")


def test_factors_change_only_after_a_recent_authentication(client, olga, app):
    sign_in(client, olga)
    enter(client, app.code())
    with time_machine.travel(now() + timedelta(minutes=16)):
        asked = client.get(reverse("mfa_add_webauthn"))
        with_password = client.get(reverse("account_reauthenticate"))
        enter(client, app.code(), "mfa_reauthenticate")
        after = client.get(reverse("mfa_add_webauthn"))

    page = reverse("mfa_add_webauthn")
    assert asked.url == reverse("mfa_reauthenticate", query={"next": page})
    assert with_password.url == reverse(
        "mfa_reauthenticate"
    )  # a password is not enough
    assert after.status_code == 200


def test_the_command_lets_an_operator_in_who_lost_everything(
    client, olga, app, mailoutbox
):
    sign_in(client, olga)
    enter(client, app.code())

    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("reset_second_factor", olga.email)
    wait_until_sent()

    assert client.get("/").url.startswith("/accounts/login/")  # signed out
    assert sign_in(client, olga).url == "/"
    assert client.get("/admin/").url == setup("/admin/")
    assert mailoutbox[-1].subject == "Two-factor authentication was reset"
    assert AuditEntry.objects.filter(action="user.second_factor_reset").exists()


def test_after_a_rotation_the_old_key_is_not_needed(client, olga, settings):
    settings.ENCRYPTION_KEYS = ring("old")
    app = App(olga)
    settings.ENCRYPTION_KEYS = ring("new", "old")

    first, second = renew_factors(), renew_factors()
    settings.ENCRYPTION_KEYS = ring("new")
    sign_in(client, olga)

    assert (first.renewed, second.renewed) == (2, 0)
    assert enter(client, app.code()).url == "/"
    assert (
        app.recovery
        == Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()
    )


def test_a_factor_whose_key_is_missing_is_reported(olga, settings):
    settings.ENCRYPTION_KEYS = ring("lost")
    App(olga)
    settings.ENCRYPTION_KEYS = ring("new")

    assert renew_factors().unreadable == [olga.email] * 2
