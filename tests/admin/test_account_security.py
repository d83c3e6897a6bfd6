"""A user's page shows how the user signs in, and operators can end all sessions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.base.clock import now
from streams.base.email import wait_until_sent
from streams.base.rate_limit import usage
from streams.sign_in.second_factor.factor_state import factor_state
from streams.sign_in.sign_in_limits import (
    FROM_ADDRESS_TO_ACCOUNT,
    FROM_KNOWN_BROWSER,
    RESETS_TO_EMAIL,
)
from tests import factories

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def counts_of_this_test(settings):
    """Count attempts in the database, which each test finds empty."""
    settings.REDIS_URL = ""


def browser(address: str = "192.0.2.7") -> Client:
    return Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR=address)


def sign_in(client: Client, user, password: str = factories.PASSWORD) -> Client:
    form = {"login": user.email, "password": password}
    client.post(reverse("account_login"), form)
    return client


def page_of(user) -> str:
    return reverse("admin:streams_user_change", args=[user.pk])


def sign_out_url(user) -> str:
    return reverse("admin:streams_user_sign_out", args=[user.pk])


def shown(staff, user):
    """The section about sign-in on the user's page."""
    return staff.get(page_of(user)).context["security"]


# --- What the page shows -------------------------------------------------------------------


def test_the_page_lists_sign_ins_and_failed_attempts_newest_first(staff):
    bob = factories.user()
    sign_in(browser(), bob)
    sign_in(browser("203.0.113.9"), bob, "a guess")

    section = shown(staff, bob)

    assert [(what, entry.address) for entry, what in section["attempts"]] == [
        (f"Failed to sign in as {bob.email} from 203.0.113.9", "203.0.113.9"),
        ("Signed in from 192.0.2.7", "192.0.2.7"),
    ]
    assert section["failed"] == 1
    assert section["limits"] == []
    assert "1 wrong password in the last day." in staff.get(page_of(bob)).text


def test_the_page_lists_the_sessions_with_device_address_and_time(staff):
    bob = factories.user()
    sign_in(browser(), bob)

    [session] = shown(staff, bob)["sessions"]

    assert (session.device, session.address) == ("Firefox on Linux", "192.0.2.7")
    assert f"{session.seen:%Y-%m-%d %H:%M:%S}" in staff.get(page_of(bob)).text


def test_the_page_says_until_when_an_address_is_refused(staff):
    bob, guesser = factories.user(), browser("203.0.113.9")
    with time_machine.travel(now(), tick=False):
        for _ in range(FROM_ADDRESS_TO_ACCOUNT.amount):
            sign_in(guesser, bob, "a guess")
        [limit] = shown(staff, bob)["limits"]
        page = staff.get(page_of(bob)).text

    assert limit.affects == "Passwords, from 203.0.113.9 to this account"
    assert f"{limit.affects}: refused until {limit.until:%Y-%m-%d %H:%M:%S} UTC" in page
    assert 'href="#reset-link"' in page
    assert 'id="reset-link"' in page


def test_the_page_says_that_the_owners_own_browser_is_refused(staff):
    bob = factories.user()
    own = sign_in(browser(), bob)
    own.post(reverse("account_logout"))
    for _ in range(FROM_KNOWN_BROWSER.amount + 3):
        sign_in(own, bob, "a typo")

    [limit] = shown(staff, bob)["limits"]
    with time_machine.travel(now() + timedelta(minutes=16)):
        later = shown(staff, bob)["limits"]

    assert limit.affects == (
        "A browser that has signed in before: Firefox on Linux, from 192.0.2.7"
    )
    assert later == []
    refused = AuditEntry.objects.filter(action="user.sign_in_limited")
    assert refused.count() == 1


def test_the_page_says_that_no_more_reset_links_are_sent(staff):
    bob = factories.user()
    for _ in range(RESETS_TO_EMAIL.amount):
        staff.post(reverse("admin:streams_user_reset_link", args=[bob.pk]))

    [limit] = shown(staff, bob)["limits"]

    assert limit.affects == "Links to reset the password"


def test_looking_at_a_page_counts_as_no_attempt(staff):
    bob = factories.user()

    for _ in range(3):
        shown(staff, bob)

    assert usage(RESETS_TO_EMAIL, bob.email) == (0, 0)


def test_the_page_names_the_second_factors_and_counts_recovery_codes(staff):
    bob = factories.user()
    assert "Off" in badge_of(staff, bob)
    TOTP.activate(bob, generate_totp_secret())
    codes = RecoveryCodes.activate(bob)
    codes.validate_code(codes.get_unused_codes()[0])

    factors, page = shown(staff, bob)["factors"], staff.get(page_of(bob)).text

    assert (factors.methods, factors.codes_left) == (["Authenticator app"], 9)
    assert "9 recovery codes left." in page
    assert "On" in badge_of(staff, bob)
    assert codes.get_unused_codes()[0] not in page


def test_a_missing_second_factor_is_named_where_the_role_requires_it(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    anna = factories.partner_member(factories.partner(), "admin")

    state = factor_state(anna)

    assert (state.is_required, state.is_enrolled) == (True, False)


def badge_of(staff, user) -> str:
    page = staff.get(page_of(user)).text
    return re.search(
        r"Two-factor authentication:</label>(.*?)</span>", page, re.DOTALL
    )[1]


# --- Sign out everywhere -------------------------------------------------------------------


def test_an_operator_ends_all_sessions_of_a_user_after_a_confirmation(
    staff, olga, mailoutbox, django_capture_on_commit_callbacks
):
    bob, eve = factories.user(), factories.user()
    here, there, other = (sign_in(browser(), one) for one in (bob, bob, eve))
    mailoutbox.clear()

    asked = staff.get(sign_out_url(bob))
    still = [get_user(one).is_authenticated for one in (here, there)]
    with django_capture_on_commit_callbacks(execute=True):
        done = staff.post(sign_out_url(bob), {"reason": "A laptop was stolen"})
    wait_until_sent()

    assert sign_out_url(bob) in staff.get(page_of(bob)).text
    assert "These 2 sessions end at once." in asked.text
    assert still == [True, True]
    assert done.url == page_of(bob)
    assert [get_user(one).is_authenticated for one in (here, there)] == [False, False]
    assert get_user(other) == eve
    assert get_user(staff) == olga
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor) == ("user.signed_out_by_operator", olga)
    assert describe(entry.action, entry.detail) == (
        f"Signed {bob.email} out everywhere: 2 sessions"
    )
    assert entry.detail["reason"] == "A laptop was stolen"
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == ([bob.email], "You were signed out everywhere")
    assert "Reason: A laptop was stolen" in mail.body
    assert "192.0.2.7" not in mail.body


def test_no_session_ends_without_a_reason(staff, mailoutbox):
    bob = factories.user()
    here = sign_in(browser(), bob)

    refused = staff.post(sign_out_url(bob), {"reason": ""})

    assert refused.status_code == 200
    assert "This field is required." in refused.text
    assert get_user(here) == bob


def test_the_form_is_refused_without_a_csrf_token(olga):
    bob = factories.user()
    here = sign_in(browser(), bob)
    other_site = Client(enforce_csrf_checks=True)
    other_site.force_login(olga)

    refused = other_site.post(sign_out_url(bob), {"reason": "x"})

    assert refused.status_code == 403
    assert get_user(here) == bob


def test_only_operators_who_can_change_a_user_sign_the_user_out(client, olga):
    bob, viewer = factories.user(), factories.user(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(viewer)
    assert client.get(page_of(bob)).status_code == 200
    assert "Sign out everywhere" not in client.get(page_of(bob)).text

    answers = [client.post(sign_out_url(one), {"reason": "x"}) for one in (bob, olga)]
    changer = factories.user(is_staff=True)
    changer.user_permissions.add(Permission.objects.get(codename="change_user"))
    client.force_login(changer)
    of_changer = [
        client.post(sign_out_url(one), {"reason": "x"}) for one in (bob, olga)
    ]

    assert [one.status_code for one in answers] == [403, 403]
    assert [one.status_code for one in of_changer] == [302, 403]


def test_operators_who_sign_themselves_out_everywhere_sign_in_again(staff, olga):
    sign_in(browser(), olga)

    staff.post(sign_out_url(olga), {"reason": "A laptop was stolen"})

    assert get_user(staff).is_anonymous
    assert AuditEntry.objects.filter(action="user.signed_out_by_operator").exists()


def test_a_reset_link_comes_before_a_new_password_and_no_hash_is_shown(staff):
    person = factories.user()
    person.set_password("correct horse battery")
    person.save()

    page = staff.get(reverse("admin:streams_user_change", args=[person.pk])).text

    assert page.index("Email a reset link") < page.index("Set password…")
    assert "algorithm" not in page
    assert "The user has no password." not in page
