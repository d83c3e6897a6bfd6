"""Everyone can confirm who they are as they sign in: no way of signing in is a dead end."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.base.email import wait_until_sent
from tests import factories
from tests.portal.test_code_sign_in import read_before_the_others
from tests.second_factors import App

pytestmark = pytest.mark.django_db

CODE = re.compile(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", re.MULTILINE)
CONFIRM = reverse("account_reauthenticate")
BY_CODE = reverse("account_reauthenticate_code")
LATER = timedelta(minutes=16)
ADDRESSES = itertools.count(1)


@pytest.fixture(autouse=True)
def _all_emails_sent():
    yield
    wait_until_sent()


@pytest.fixture
def petra(cast):
    """An admin without a password, whose address no other test has used."""
    person = factories.partner_member(cast.partner, "admin")
    person.set_unusable_password()
    person.save()
    return person


@pytest.fixture
def page(cast):
    """A page that asks who is there."""
    return reverse(
        "portal:partner-webhook-delete", args=[cast.partner.slug, endpoint(cast)]
    )


def endpoint(cast) -> str:
    return factories.webhook_endpoint(cast.partner)[0].public_id


def browser() -> Client:
    """A browser whose address no other test has used: codes are limited."""
    return Client(REMOTE_ADDR=f"203.0.113.{next(ADDRESSES)}")


def by_code(person) -> Client:
    """Sign in with an emailed code."""
    client = browser()
    client.post(reverse("account_request_login_code"), {"email": person.email})
    client.post(reverse("account_confirm_login_code"), {"code": emailed_code()})
    return client


def emailed_code() -> str:
    return CODE.search(mail.outbox[-1].body)[0]


def ask(client, page: str) -> str:
    """Return where the person is led who opens the page."""
    return client.get(page, follow=True).request["PATH_INFO"]


def end_of(response) -> str:
    return response.redirect_chain[-1][0]


@pytest.fixture
def required(settings):
    settings.REQUIRE_SECOND_FACTOR = False  # of Petra, who is an admin


@pytest.fixture
def in_code(required, petra, page):
    """A session that began with an emailed code, 16 minutes ago."""
    client = by_code(petra)
    assert client.get(page).status_code == 200
    with time_machine.travel(now() + LATER):
        yield client


def test_a_person_who_knows_no_password_confirms_with_an_emailed_code(
    in_code, petra, page
):
    asked = in_code.get(page, follow=True)
    count = len(mail.outbox)
    sent = in_code.post(BY_CODE, {"action": "send", "next": page}, follow=True)
    key = in_code.session.session_key
    done = in_code.post(BY_CODE, {"code": emailed_code(), "next": page})

    assert asked.request["PATH_INFO"] == BY_CODE
    assert "Email me a code" in asked.text
    assert len(mail.outbox) == count + 1
    assert mail.outbox[-1].subject == "Your Partner Portal confirmation code"
    assert f"We sent a code to {petra.email}." in sent.text
    assert done.url == page
    assert in_code.get(page).status_code == 200
    assert in_code.session.session_key != key  # a new one, as after a sign-in


def test_opening_the_page_sends_no_code(in_code, page):
    count = len(mail.outbox)

    in_code.get(page, follow=True)

    assert len(mail.outbox) == count


def test_a_wrong_code_confirms_nothing_and_three_end_the_code(in_code, page, petra):
    in_code.post(BY_CODE, {"action": "send"})
    code = emailed_code()
    first = in_code.post(BY_CODE, {"code": "AAAA-AAAA"})
    for _ in range(2):
        last = in_code.post(BY_CODE, {"code": "AAAA-AAAA"}, follow=True)
    mail.outbox.clear()
    in_code.post(BY_CODE, {"code": code})  # emails a new one

    assert "Incorrect code." in first.text
    assert "There were too many wrong codes. Get a new one." in last.text
    assert emailed_code() != code
    assert ask(in_code, page) == BY_CODE
    assert AuditEntry.objects.filter(
        action="user.code_failed", detail__member=petra.email
    ).exists()


def test_parallel_requests_have_three_attempts_together(in_code, page):
    in_code.post(BY_CODE, {"action": "send"})
    code, before = emailed_code(), dict(in_code.session.items())
    for _ in range(3):
        in_code.post(BY_CODE, {"code": "AAAA-AAAA"})
        read_before_the_others(in_code, before)

    last = in_code.post(BY_CODE, {"code": code}, follow=True)

    assert "There were too many wrong codes. Get a new one." in last.text
    assert ask(in_code, page) == BY_CODE


def test_a_code_works_once_and_for_ten_minutes(in_code, page):
    in_code.post(BY_CODE, {"action": "send"})
    old = emailed_code()
    with time_machine.travel(now() + timedelta(minutes=11)):
        in_code.post(BY_CODE, {"code": old})
        expired = ask(in_code, page)
        new = emailed_code()
        in_code.post(BY_CODE, {"code": new})
        used = in_code.session.get("confirmation_code")

    assert expired == BY_CODE
    assert new != old
    assert used is None


def test_a_code_of_another_session_confirms_nothing(in_code, petra, page, required):
    in_code.post(BY_CODE, {"action": "send"})
    code = emailed_code()
    with time_machine.travel(now() - LATER):
        thief = by_code(petra)

    thief.post(BY_CODE, {"code": code})

    assert ask(thief, page) == BY_CODE


def test_codes_to_one_address_are_limited(in_code):
    for _ in range(5):
        last = in_code.post(BY_CODE, {"action": "send"})

    assert last.status_code == 429


def test_a_password_is_offered_to_those_who_used_one_and_a_code_to_the_others(
    required, cast, page
):
    person = factories.partner_member(cast.partner, "admin")
    with_password = browser()
    data = {"login": person.email, "password": factories.PASSWORD}
    with_password.post(reverse("account_login"), data)
    with_code = by_code(person)

    with time_machine.travel(now() + LATER):
        password_page = with_password.get(page, follow=True)
        code_page = with_code.get(page, follow=True)

    assert password_page.request["PATH_INFO"] == CONFIRM
    assert f"{BY_CODE}?next=" in password_page.text
    assert code_page.request["PATH_INFO"] == BY_CODE
    assert f"{CONFIRM}?next=" in code_page.text


def passkey_of(person) -> None:
    """Store a passkey; the recovery codes come with the first factor."""
    kind = Authenticator.Type.WEBAUTHN
    Authenticator.objects.create(user=person, type=kind, data={"name": "Laptop"})
    app = App(person)
    app.row.delete()


def test_a_person_with_only_a_passkey_is_led_to_it(client, petra, page):
    passkey_of(petra)
    client.force_login(petra)

    with time_machine.travel(now() + LATER):
        asked = client.get(page)
        with_code = client.get(reverse("mfa_reauthenticate"))

    # tests/browser/test_second_factor.py uses the passkey.
    query = {"next": page}
    assert asked.url == reverse("mfa_reauthenticate_webauthn", query=query)
    assert with_code.status_code == 200  # for a recovery code


def test_a_person_with_an_app_and_no_password_confirms_with_the_app(
    client, petra, page
):
    app = App(petra)
    client.force_login(petra)

    with time_machine.travel(now() + LATER):
        asked = client.get(page, follow=True)
        done = client.post(
            asked.request["PATH_INFO"], {"code": app.code(), "next": page}, follow=True
        )

    assert asked.request["PATH_INFO"] == reverse("mfa_reauthenticate")
    assert done.request["PATH_INFO"] == page


@pytest.mark.parametrize(
    "name",
    [
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_generate_recovery_codes",
        "account_set_password",
    ],
)
def test_an_old_session_adds_no_factor_and_no_password(in_code, name):
    page = reverse(name)

    shown, sent = in_code.get(page), in_code.post(page, {})

    assert shown.url == reverse("account_reauthenticate_code", query={"next": page})
    assert sent.url.startswith(CONFIRM)
