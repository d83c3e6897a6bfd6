"""Guessing passwords: limits for the guesser that do not lock the owner out."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.base import email as mails
from streams.base.rate_limit import RateLimited, consume, usage
from streams.sign_in.sign_in_limits import (
    CHANGES_OF_PASSWORD,
    FROM_ADDRESS,
    FROM_ADDRESS_TO_ACCOUNT,
    FROM_KNOWN_BROWSER,
    RESETS_FROM_ADDRESS,
    RESETS_TO_EMAIL,
    TO_ACCOUNT,
)
from tests import factories

pytestmark = pytest.mark.django_db

STRANGER = "203.0.113.9"
OWNER = "198.51.100.7"


NOBODY_LISTENS = "redis://127.0.0.1:9/0"
each_store = pytest.mark.parametrize(
    "counted", ["redis", "table", "redis is down"], indirect=True
)


@pytest.fixture(autouse=True)
def counted(request, settings, services):
    """The cache in which attempts are counted."""
    store = getattr(request, "param", "redis")
    settings.REDIS_URL = {"table": "", "redis is down": NOBODY_LISTENS}.get(store) or (
        services.new_redis_url() if store == "redis" else ""
    )
    settings.TRUST_PROXY, settings.TRUSTED_PROXY_COUNT = True, 1
    yield
    mails.wait_until_sent()


def browser(address: str = OWNER) -> Client:
    """Return a browser behind a proxy, which appends its address to the header."""
    return Client(headers={"X-Forwarded-For": f"10.9.9.9, {address}"})


def sign_in(client: Client, email: str, password: str = factories.PASSWORD, **headers):
    form = {"login": email, "password": password}
    return client.post(reverse("account_login"), form, **headers)


def guess(times: int, email: str, client: Client) -> list[int]:
    return [sign_in(client, email, "a guess").status_code for _ in range(times)]


@each_store
def test_a_stranger_cannot_lock_the_owner_out():
    owner, at_home = factories.user(), browser()
    sign_in(at_home, owner.email)
    at_home.post(reverse("account_logout"))

    guesses = [guess(3, owner.email, browser(f"203.0.113.{n}")) for n in range(18)]

    assert guesses[-1] == [429] * 3  # 50 from everywhere
    assert sign_in(browser("192.0.2.1"), owner.email).status_code == 429
    assert sign_in(at_home, owner.email).status_code == 302
    assert TO_ACCOUNT.amount == 50


@each_store
def test_the_count_of_a_limit_is_read_without_counting():
    owner = factories.user()
    guess(3, owner.email, browser(STRANGER))

    read = [usage(TO_ACCOUNT, owner.email) for _ in range(3)]

    assert [uses for uses, _ in read] == [3, 3, 3]
    assert all(3500 < left_s <= 3600 for _, left_s in read)
    assert usage(TO_ACCOUNT, "nobody@example.com") == (0, 0)


@each_store
def test_guesses_end_after_five_for_an_account_and_after_twenty_in_total():
    emails = [factories.user().email for _ in range(5)]
    stranger = browser(STRANGER)

    answers = [guess(6, email, stranger) for email in emails]

    assert answers[:4] == [[200] * 5 + [429]] * 4
    assert answers[4] == [429] * 6
    assert (FROM_ADDRESS_TO_ACCOUNT.amount, FROM_ADDRESS.amount) == (5, 20)


def test_the_right_password_is_refused_after_too_many_guesses():
    owner, stranger = factories.user(), browser(STRANGER)
    guess(5, owner.email, stranger)

    refused = sign_in(stranger, owner.email)

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= FROM_ADDRESS_TO_ACCOUNT.period_s
    assert "Too many attempts" in refused.text
    assert "Wait 5 minutes" in refused.text
    assert reverse("account_reset_password") in refused.text
    assert sign_in(browser(), owner.email).status_code == 302


def test_too_many_reset_links_are_no_reason_to_request_another():
    url, client = reverse("account_reset_password"), browser(STRANGER)
    answers = [client.post(url, {"email": f"{n}@fern.example"}) for n in range(40)]

    refused = next(answer for answer in answers if answer.status_code == 429)

    assert "You requested too many password reset links." in refused.text
    assert "Forgot your password?" not in refused.text


def test_a_client_cannot_choose_its_address():
    owner = factories.user()
    answers = [
        sign_in(
            Client(headers={"X-Forwarded-For": f"192.0.2.{n}, {STRANGER}"}),
            owner.email,
            "no",
        )
        for n in range(6)
    ]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]


def test_without_a_proxy_the_header_is_ignored(settings):
    settings.TRUST_PROXY = False
    owner = factories.user()
    answers = [guess(1, owner.email, browser(f"192.0.2.{n}")) for n in range(6)]

    assert answers == [[200]] * 5 + [[429]]


@each_store
def test_frequent_sign_ins_are_not_guesses():
    owner = factories.user()

    answers = [sign_in(browser(), owner.email).status_code for _ in range(25)]

    assert set(answers) == {302}


def test_a_known_browser_has_a_limit_too():
    owner, at_home = factories.user(), browser()
    sign_in(at_home, owner.email)
    at_home.post(reverse("account_logout"))

    answers = guess(FROM_KNOWN_BROWSER.amount + 1, owner.email, at_home)

    assert answers == [200] * 10 + [429]


def test_a_browser_is_known_to_its_own_account_only():
    mallory, victim = factories.user(), factories.user()
    client = browser(STRANGER)
    sign_in(client, mallory.email)
    client.post(reverse("account_logout"))

    assert guess(6, victim.email, client) == [200] * 5 + [429]


def test_a_forged_cookie_makes_no_browser_known():
    victim = factories.user()
    client = browser(STRANGER)
    client.cookies["known_browser"] = "W1siYSIsICJiIl1d:1abcde:forged"

    assert guess(6, victim.email, client) == [200] * 5 + [429]


def test_a_password_link_works_for_the_owner_while_strangers_guess(mailoutbox):
    owner, new_browser = factories.user(), browser("192.0.2.1")
    for n in range(17):
        guess(3, owner.email, browser(f"203.0.113.{n}"))
    mails.wait_until_sent()
    mailoutbox.clear()
    new_browser.post(reverse("account_reset_password"), {"email": owner.email})

    link = re.search(r"http://testserver(\S+)", mailoutbox[0].body)[1]
    new = "an entirely new passphrase"
    answer = new_browser.post(
        new_browser.get(link).url, {"password1": new, "password2": new}
    )
    new_browser.post(reverse("account_logout"))

    assert answer.url == "/"
    assert sign_in(new_browser, owner.email, new).url == "/"


def test_the_owner_signs_in_while_a_thousand_addresses_guess():
    owner, at_home = factories.user(), browser()
    sign_in(at_home, owner.email)

    checked = 0
    for n in range(1_000):
        found = guess(1, owner.email, browser(f"10.{n // 250}.7.{n % 250}"))
        checked += found == [200]
        if n % 100 == 0:
            at_home.post(reverse("account_logout"))
            assert sign_in(at_home, owner.email).status_code == 302

    assert checked == TO_ACCOUNT.amount


def test_the_owners_sign_in_while_one_address_guesses_at_a_thousand_accounts():
    owners, stranger = [factories.user() for _ in range(1_000)], browser(STRANGER)

    checked = sum(guess(1, owner.email, stranger) == [200] for owner in owners)

    assert checked == FROM_ADDRESS.amount
    for owner in owners[:: 1_000 // 20]:  # also those whose password was guessed at
        assert sign_in(browser(), owner.email).status_code == 302


def test_the_password_of_an_open_session_cannot_be_guessed():
    client = browser()
    client.force_login(factories.user())
    form = {"oldpassword": "a guess", "password1": "x", "password2": "y"}
    url = reverse("account_change_password")

    answers = [
        client.post(url, form).status_code
        for _ in range(CHANGES_OF_PASSWORD.amount + 1)
    ]

    assert answers == [200] * 10 + [429]


def test_links_to_one_mailbox_silently_end_after_three(mailoutbox):
    owner = factories.user()
    for n in range(6):
        asked = browser(f"203.0.113.{n}").post(
            reverse("account_reset_password"), {"email": owner.email}
        )
        assert asked.url == reverse("account_reset_password_done")

    assert len(mailoutbox) == RESETS_TO_EMAIL.amount == 3


def test_one_address_can_request_ten_links_an_hour(mailoutbox):
    url, client = reverse("account_reset_password"), browser(STRANGER)

    answers = [
        client.post(url, {"email": f"person-{n}@example.com"}).status_code
        for n in range(RESETS_FROM_ADDRESS.amount + 1)
    ]

    assert answers == [302] * 10 + [429]
    assert len(mailoutbox) == 10


def test_attacks_do_not_fill_the_log_or_a_mailbox(mailoutbox):
    owner = factories.user()

    for n in range(10):
        guess(5, owner.email, browser(f"203.0.113.{n}"))
    mails.wait_until_sent()

    entries = AuditEntry.objects.filter(action="user.sign_in_failed")
    assert [entry.detail["address"] for entry in entries] == ["203.0.113.0"]
    assert [mail.subject for mail in mailoutbox] == ["Failed sign-ins to your account"]


def test_a_new_browser_is_reported_and_a_known_one_is_not(mailoutbox):
    owner, first, second = factories.user(), browser(), browser("192.0.2.1")

    for client in (first, second, first, second):
        sign_in(client, owner.email)
        client.post(reverse("account_logout"))
    mails.wait_until_sent()

    [mail] = mailoutbox
    assert (mail.to, mail.subject) == ([owner.email], "New sign-in to your account")
    assert "IP address: 192.0.2.1" in mail.body
    entries = AuditEntry.objects.filter(action="user.signed_in").order_by("pk")
    assert ["new_browser" in entry.detail for entry in entries] == [
        True,
        True,
        False,
        False,
    ]
    assert {entry.actor for entry in entries} == {owner}


def test_a_change_of_password_is_reported_and_recorded(mailoutbox):
    owner, client = factories.user(), browser()
    client.force_login(owner)
    new = "an entirely new passphrase"

    client.post(
        reverse("account_change_password"),
        {"oldpassword": factories.PASSWORD, "password1": new, "password2": new},
    )
    mails.wait_until_sent()

    assert [mail.subject for mail in mailoutbox] == ["Your password was changed"]
    assert AuditEntry.objects.get().action == "user.password_changed"


@each_store
@pytest.mark.django_db(transaction=True)
def test_simultaneous_attempts_are_all_counted():
    def use(_):
        try:
            return consume(FROM_ADDRESS, "anywhere")
        except RateLimited:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(use, range(40)))

    assert sorted(filter(None, counts)) == list(range(1, FROM_ADDRESS.amount + 1))


def test_the_page_of_a_limit_keeps_the_typed_text_but_no_password():
    owner, stranger = factories.user(), browser(STRANGER)
    guess(5, owner.email, stranger)
    form = {
        "login": owner.email,
        "password": factories.PASSWORD,
        "next": "/accounts/password/change/",
        "remember": "on",
    }

    refused = stranger.post(reverse("account_login"), form)

    assert refused.status_code == 429
    kept = fields_of(refused)
    secret = form.pop("password")
    assert {name: kept[name] for name in form} == form
    assert kept["password"] == ""
    assert secret not in refused.text
    assert "no-store" in refused["Cache-Control"]
    again = browser().post(refused_form_to(refused), {**kept, "password": secret})
    assert (again.status_code, again.url) == (302, form["next"])


def test_every_page_of_a_limit_contains_its_form():
    """Sign-in is tested above; these are the other forms with a limit."""
    person, client = factories.user(), browser(STRANGER)
    reset = reverse("account_reset_password")
    for _ in range(RESETS_FROM_ADDRESS.amount):
        client.post(reset, {"email": "other@example.com"})
    asked = client.post(reset, {"email": person.email})
    client.force_login(person)
    change = reverse("account_change_password")
    for _ in range(CHANGES_OF_PASSWORD.amount):
        client.post(change, {"oldpassword": "a guess"})
    typed = {
        "oldpassword": "hush 1",
        "password1": "hush 2",
        "password2": "hush 2",
    }
    changed = client.post(change, typed)
    again = reverse("account_reauthenticate")
    guesses = [
        client.post(f"{again}?next=/p/", {"password": "hush 3", "next": "/p/"})
        for _ in range(FROM_ADDRESS_TO_ACCOUNT.amount + 1)
    ]

    pages = [asked, changed, guesses[-1]]

    assert [page.status_code for page in pages] == [429] * 3
    assert fields_of(asked)["email"] == person.email
    assert dict.fromkeys(typed, "") == {n: fields_of(changed)[n] for n in typed}
    assert fields_of(guesses[-1])["next"] == "/p/"
    assert not any("hush" in page.text for page in pages)


def fields_of(page) -> dict[str, str]:
    """Return the fields of the form on the page, with their values."""
    form = page.text.split('<form class="form"')[1].split("</form>")[0]
    return {
        re.search(r'name="([^"]+)"', tag)[1]: (
            re.search(r' value="([^"]*)"', tag) or ["", ""]
        )[1]
        for tag in re.findall(r"<input[^>]+>", form)
    }


def refused_form_to(page) -> str:
    return re.search(r'<form class="form" method="post" action="([^"]+)"', page.text)[1]
