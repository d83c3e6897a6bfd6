from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.urls import reverse

from streams.tenancy.models import User
from tests import factories

HASHERS = [
    "streams.sign_in.passwords.hasher.PortalArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]


def refusals(password: str) -> list[str]:
    """Return the codes of all reasons against a password."""
    try:
        validate_password(password, user=User(email="anna@northwind.example"))
    except ValidationError as error:
        return [str(one.code) for one in error.error_list]
    return []


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("jq7-fkd", ["password_too_short"]),
        ("jq7-fkdx", []),
        ("correct horse battery staple", []),
        ("9" * 64 + " 8207", []),  # no rule on the kinds of characters
        ("x7" * 64, []),
        ("Target123", ["password_too_common"]),  # Django's list
        ("password", ["password_too_common", "password_context_words"]),  # both lists
        ("Pookie11", ["password_too_common"]),  # only in our list
        ("anna@northwind", ["password_too_similar"]),
        ("Segment-Portal-2026!", ["password_context_words"]),
        ("twilio-segment-abc", ["password_context_words"]),
        ("segment of an orange", []),
        ("東京の夜は静かです", []),
    ],
)
def test_a_new_password_is_long_and_in_no_list(password, codes):
    assert refusals(password) == codes


def test_each_rule_of_passwords_is_listed_once():
    rules = password_validators_help_texts()

    assert len(rules) == len(set(rules))


@pytest.mark.django_db
def test_an_old_hash_is_replaced_at_the_next_sign_in(client, settings):
    settings.PASSWORD_HASHERS = HASHERS
    user = factories.user()
    user.password = make_password(factories.PASSWORD, hasher="pbkdf2_sha256")
    user.save()

    form = {"login": user.email, "password": factories.PASSWORD}
    client.post(reverse("account_login"), form)

    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert user.check_password(factories.PASSWORD)
