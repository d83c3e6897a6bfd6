from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse

from streams.base.clock import now
from tests import factories
from tests.second_factors import App

pytestmark = pytest.mark.django_db

CODE = re.compile(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _counted_in_the_table(settings):
    """Count in the database, which forgets the counts of each test."""
    settings.REDIS_URL = ""


def ask(client, email: str):
    return client.post(reverse("account_request_login_code"), {"email": email})


def code_in(mailoutbox) -> str:
    return CODE.search(mailoutbox[-1].body)[0]


def enter(client, code: str):
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def test_a_code_by_email_is_enough_to_sign_in(client, mailoutbox):
    bob = factories.user()

    asked = ask(client, bob.email)
    done = enter(client, code_in(mailoutbox))

    assert asked.url == reverse("account_confirm_login_code")
    assert mailoutbox[0].subject == "Your Partner Portal sign-in code"
    assert done.url == "/"
    assert get_user(client) == bob


def test_the_response_does_not_reveal_who_has_an_account(client, mailoutbox):
    known, unknown = ask(client, factories.user().email), ask(Client(), "x@example.com")

    assert known.url == unknown.url
    assert CODE.search(mailoutbox[1].body) is None


def test_a_code_works_only_in_the_browser_that_asked_for_it(client, mailoutbox):
    ask(client, factories.user().email)
    other = Client()
    ask(other, factories.user().email)

    enter(client, code_in(mailoutbox))

    assert get_user(client).is_anonymous


def test_a_code_expires_after_ten_minutes(client, mailoutbox):
    ask(client, factories.user().email)
    with time_machine.travel(now() + timedelta(minutes=10, seconds=5)):
        enter(client, code_in(mailoutbox))

    assert get_user(client).is_anonymous


def test_a_code_can_be_guessed_three_times(client, mailoutbox):
    ask(client, factories.user().email)
    code = code_in(mailoutbox)
    for _ in range(3):
        last = enter(client, "AAAA-AAAA")
    asked = client.get(last.url)

    enter(client, code)

    assert "There were too many wrong codes. Get a new one." in asked.text
    assert get_user(client).is_anonymous


def test_a_code_can_be_guessed_three_times_by_parallel_requests_too(client, mailoutbox):
    ask(client, factories.user().email)
    code, before = code_in(mailoutbox), dict(client.session.items())
    for _ in range(3):
        enter(client, "AAAA-AAAA")
        read_before_the_others(client, before)

    response = enter(client, code)

    assert response.url == reverse("account_request_login_code")
    assert get_user(client).is_anonymous


def test_of_parallel_guesses_three_are_checked_and_the_right_one_may_be_the_third(
    client, mailoutbox
):
    bob = factories.user()
    ask(client, bob.email)
    before = dict(client.session.items())
    for _ in range(2):
        enter(client, "AAAA-AAAA")
        read_before_the_others(client, before)

    enter(client, code_in(mailoutbox))

    assert get_user(client) == bob


def test_a_new_code_can_be_guessed_three_times_again(client, mailoutbox):
    bob = factories.user()
    ask(client, bob.email)
    for _ in range(3):
        enter(client, "AAAA-AAAA")
    with time_machine.travel(now() + timedelta(seconds=2)):
        ask(client, bob.email)
        for _ in range(2):
            enter(client, "AAAA-AAAA")

        enter(client, code_in(mailoutbox))

    assert get_user(client) == bob


def test_asking_for_another_code_is_not_a_guess(client, mailoutbox):
    bob = factories.user()
    ask(client, bob.email)
    for _ in range(3):
        client.post(reverse("account_confirm_login_code"), {"action": "resend"})

    enter(client, code_in(mailoutbox))

    assert get_user(client) == bob


def read_before_the_others(client, values) -> None:
    """Let the next request find the session as one does that began before the others ended."""
    session = SessionStore(client.cookies["sessionid"].value)
    session.update(values)
    session.save()


def test_a_second_factor_follows(client, mailoutbox):
    bob = factories.user()
    app = App(bob)
    ask(client, bob.email)

    first = enter(client, code_in(mailoutbox))
    before = get_user(client)
    client.post(reverse("mfa_authenticate"), {"code": app.code()})
    client.post(reverse("mfa_trust"), {"action": "no"})

    assert first.url == reverse("mfa_authenticate")
    assert before.is_anonymous
    assert get_user(client) == bob


def test_an_operator_still_needs_a_second_factor(client, mailoutbox):
    ask(client, factories.staff().email)
    enter(client, code_in(mailoutbox))

    assert client.get("/admin/").url.startswith(reverse("account_second_factor"))


def test_one_address_gets_five_codes_an_hour(client, mailoutbox):
    email = factories.user().email
    for _ in range(5):
        ask(Client(), email)

    assert ask(client, email).status_code == 429
    assert len(mailoutbox) == 5


def test_a_new_code_replaces_the_first(client, mailoutbox):
    bob = factories.user()
    ask(client, bob.email)
    first = code_in(mailoutbox)
    client.post(reverse("account_confirm_login_code"), {"action": "resend"})

    enter(client, first)
    with_first = get_user(client)
    enter(client, code_in(mailoutbox))

    assert with_first.is_anonymous
    assert get_user(client) == bob


def test_a_sign_in_that_waits_for_its_code_can_be_left(client, mailoutbox):
    ask(client, factories.user().email)
    client.post(reverse("account_logout"))

    assert client.get(reverse("account_login")).status_code == 200
