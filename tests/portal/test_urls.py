from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.views.defaults import server_error

from tests import factories

pytestmark = pytest.mark.django_db


def sign_in(client, email: str, password: str):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_one_signs_in_with_address_and_password(client):
    user = factories.user()

    assert sign_in(client, user.email, factories.PASSWORD).url == "/"


def test_a_wrong_password_and_an_unknown_address_look_the_same(client):
    wrong = sign_in(client, factories.user().email, "not it")
    unknown = sign_in(client, "nobody@example.com", "not it")

    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert "not it" not in wrong.text


def test_a_password_that_was_forgotten_is_set_anew(client, mailoutbox):
    user = factories.user()
    client.post(reverse("account_reset_password"), {"email": user.email})
    [mail] = mailoutbox
    link = re.search(r"http://testserver(\S+)", mail.body)[1]

    form = client.get(link).url  # the page whose address holds no key any more
    new = "an entirely new passphrase"
    client.post(form, {"password1": new, "password2": new})

    assert mail.subject == "Reset your Partner Portal password"
    assert sign_in(client, user.email, new).url == "/"


def test_nobody_learns_from_it_who_has_an_account(client, mailoutbox):
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


def test_when_all_fails_there_still_is_a_page(rf):
    answer = server_error(rf.get("/"))

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text


@pytest.mark.parametrize("is_known", [True, False])
def test_without_a_mail_server_a_link_is_refused_alike_for_all(
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
    assert "We can’t send email right now. Try again in a few minutes." in page.text
    assert f'value="{email}"' in page.text
