"""Inbound addresses and their secrets."""

from __future__ import annotations

import base64
import os
from datetime import timedelta

import pytest

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.base.keyring import CannotDecrypt
from streams.identity.inbound.secrets import (
    MOST_OLDER,
    StoredSecrets,
    open_secrets,
    renew_addresses,
    unknown_key_ids,
    valid_secrets,
)
from streams.identity.inbound.services import OVERLAP, open_address, rotate_secret
from streams.identity.inbound_address import InboundAddress
from streams.observability.missing_keys import missing_keys
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return factories.user()


def key(key_id: str) -> str:
    return f"{key_id}:{base64.b64encode(os.urandom(32)).decode()}"


def actions() -> list[str]:
    entries = AuditEntry.objects.filter(action__startswith="inbound.")
    return list(entries.order_by("pk").values_list("action", flat=True))


def test_a_feed_has_one_address_whose_secret_is_shown_once(user):
    feed = factories.feed()

    address, secret = open_address(feed=feed, actor=user)
    again, nothing = open_address(feed=feed, actor=user)

    assert (again.pk, nothing) == (address.pk, None)
    assert secret.text.startswith("is_")
    assert secret.text.encode() not in bytes(address.sealed)
    assert open_secrets(address) == StoredSecrets(secret.text)
    assert actions() == ["inbound.opened"]


def test_the_old_secret_works_for_a_day_after_a_rotation(user):
    address, old = factories.inbound_address()

    new = rotate_secret(address=address, actor=user)

    address.refresh_from_db()
    until = address.previous_secret_until
    assert valid_secrets(address, until - OVERLAP) == (new.text, old.text)
    assert valid_secrets(address, until - timedelta(seconds=1)) == (new.text, old.text)
    assert valid_secrets(address, until) == (new.text,)
    assert actions() == ["inbound.opened", "inbound.secret_rotated"]


def test_each_old_secret_works_for_a_day_after_its_own_replacement(user, settings):
    address, first = factories.inbound_address()
    second = rotate_secret(address=address, actor=user)
    soon = now() + timedelta(hours=1)
    InboundAddress.objects.update(previous_secret_until=soon)  # 23 hours ago
    third = rotate_secret(address=address, actor=user)
    settings.ENCRYPTION_KEYS = [key("new"), *settings.ENCRYPTION_KEYS]
    renew_addresses()

    address.refresh_from_db()
    until = address.previous_secret_until
    every = (third.text, second.text, first.text)
    assert valid_secrets(address, soon - timedelta(seconds=1)) == every
    assert valid_secrets(address, soon) == (third.text, second.text)
    assert valid_secrets(address, until) == (third.text,)


def test_secrets_that_work_no_longer_are_deleted(user):
    address, first = factories.inbound_address()
    rotate_secret(address=address, actor=user)
    InboundAddress.objects.update(previous_secret_until=now())

    rotate_secret(address=address, actor=user)
    for _ in range(MOST_OLDER + 2):
        rotate_secret(address=address, actor=user)

    address.refresh_from_db()
    kept = valid_secrets(address, now())
    assert (len(kept), first.text in kept) == (MOST_OLDER + 2, False)


def test_a_secret_in_another_row_cannot_be_decrypted():
    address, _ = factories.inbound_address()
    other, _ = factories.inbound_address()
    other.sealed = address.sealed

    with pytest.raises(CannotDecrypt):
        open_secrets(other)


def test_secrets_are_encrypted_again_with_the_newest_key(settings):
    old, new = key("old"), key("new")
    settings.ENCRYPTION_KEYS = [old]
    address, secret = factories.inbound_address()

    settings.ENCRYPTION_KEYS = [new]
    assert unknown_key_ids() == missing_keys() == ["old"]
    assert renew_addresses().unreadable == [address.public_id]

    settings.ENCRYPTION_KEYS = [new, old]
    assert renew_addresses().renewed == 1
    settings.ENCRYPTION_KEYS = [new]
    address.refresh_from_db()
    assert open_secrets(address) == StoredSecrets(secret.text)
    assert (renew_addresses().renewed, missing_keys()) == (0, [])
    assert actions() == ["inbound.opened", "inbound.renewed"]
