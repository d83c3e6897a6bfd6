from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user
from django.urls import reverse
from django.utils.html import escape
from django.views.defaults import server_error

from tests import factories
from tests.second_factors import App

pytestmark = pytest.mark.django_db


def sign_in(client, email: str, password: str):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_users_sign_in_with_email_and_password(client):
    user = factories.user()

    assert sign_in(client, user.email, factories.PASSWORD).url == "/"


def test_a_wrong_password_and_an_unknown_email_look_the_same(client):
    wrong = sign_in(client, factories.user().email, "not it")
    unknown = sign_in(client, "nobody@example.com", "not it")

    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert "not it" not in wrong.text


def test_a_forgotten_password_is_reset(client, mailoutbox):
    user = factories.user()
    client.post(reverse("account_reset_password"), {"email": user.email})
    [mail] = mailoutbox
    link = re.search(r"http://testserver(\S+)", mail.body)[1]

    form = client.get(link).url  # the page whose address no longer contains a key
    new = "an entirely new passphrase"
    client.post(form, {"password1": new, "password2": new})

    assert mail.subject == "Reset your Partner Portal password"
    assert sign_in(client, user.email, new).url == "/"


def test_a_reset_link_does_not_replace_the_second_factor(client, mailoutbox):
    user = factories.user()
    app = App(user)
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"http://testserver(\S+)", mailoutbox[0].body)[1]
    new = "an entirely new passphrase"

    done = client.post(client.get(link).url, {"password1": new, "password2": new})
    before = get_user(client)
    client.post(reverse("mfa_authenticate"), {"code": app.code()})
    client.post(reverse("mfa_trust"), {"action": "no"})

    assert done.url == reverse("mfa_authenticate")
    assert before.is_anonymous
    assert get_user(client) == user


@pytest.mark.parametrize(("current", "changes"), [("not it", False), ("it", True)])
def test_a_password_changes_only_with_the_current_one(client, current, changes):
    user = factories.user()
    client.force_login(user)
    old = factories.PASSWORD if current == "it" else current
    new = "an entirely new passphrase"
    form = {"oldpassword": old, "password1": new, "password2": new}

    client.post(reverse("account_change_password"), form)

    user.refresh_from_db()
    assert user.check_password(new) is changes


def test_the_reset_page_does_not_reveal_who_has_an_account(client, mailoutbox):
    answer = client.post(
        reverse("account_reset_password"), {"email": "nobody@example.com"}
    )

    assert answer.url == reverse("account_reset_password_done")
    [mail] = mailoutbox
    assert "there is no Partner Portal account with this email address" in mail.body
    assert "http" not in mail.body  # signing up is closed


def test_signing_out_needs_a_form(client):
    client.force_login(factories.user())

    client.get(reverse("account_logout"))

    assert "_auth_user_id" in client.session


def test_if_everything_fails_there_is_still_a_page(rf):
    answer = server_error(rf.get("/"))

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text


@pytest.mark.parametrize("is_known", [True, False])
def test_without_an_email_server_all_links_are_refused_alike(
    client, settings, is_known
):
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9},
        }
    }
    email = factories.user().email if is_known else "nobody@example.com"

    page = client.post(reverse("account_reset_password"), {"email": email})

    assert page.status_code == 503
    message = "We can't send email right now. Try again in a few minutes."
    assert escape(message) in page.text
    assert f'value="{email}"' in page.text
