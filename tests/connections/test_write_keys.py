from __future__ import annotations

import base64
import os
import traceback

import pytest

from streams.base.keyring import CannotDecrypt
from streams.connections.key_errors import InvalidKeyFormat
from streams.connections.models import Connection
from streams.connections.write_keys import (
    WriteKey,
    open_write_key,
    read_write_key,
    unknown_key_ids,
)
from tests import factories


def ring(*names: str) -> list[str]:
    """Return entries of ENCRYPTION_KEYS. The same name is always the same key."""
    return [f"{n}:{base64.b64encode(n.encode().ljust(32)).decode()}" for n in names]


def test_a_write_key_shows_only_its_last_four_characters():
    key = WriteKey(factories.WRITE_KEY)

    assert repr(key) == str(key) == f"{key}" == "WriteKey(…0001)"


def test_an_error_that_shows_local_variables_does_not_show_the_key():
    key = WriteKey(factories.WRITE_KEY)

    with pytest.raises(TypeError) as raised:
        _use(key)

    error = raised.value
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert factories.WRITE_KEY not in "".join(told.format())
    assert "key = WriteKey(…0001)" in "".join(told.format())


def _use(key):
    return key + 1


def test_a_pasted_text_is_trimmed_or_refused():
    assert read_write_key(f" {factories.WRITE_KEY}\n") == WriteKey(factories.WRITE_KEY)

    with pytest.raises(InvalidKeyFormat) as refused:
        read_write_key("pt_" + "x" * 32)
    assert refused.value.problem.rule == "partner_token"


def test_equal_keys_have_equal_fingerprints_that_reveal_nothing(settings):
    one, same = WriteKey(factories.WRITE_KEY), WriteKey(factories.WRITE_KEY)
    other = WriteKey("a" * 32)

    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert len(one.fingerprint) == 64

    before, settings.SECRET_KEY = one.fingerprint, "another"
    assert one.fingerprint != before


def test_a_fingerprint_survives_a_rotation_of_the_keyring(settings):
    key = WriteKey(factories.WRITE_KEY)
    before = key.fingerprint

    settings.ENCRYPTION_KEYS = ring("new")

    assert key.fingerprint == before


@pytest.mark.django_db
def test_a_key_is_encrypted_in_its_row():
    connection = factories.connection(write_key=factories.WRITE_KEY)

    connection.refresh_from_db()
    assert factories.WRITE_KEY.encode() not in bytes(connection.key_ciphertext)
    assert open_write_key(connection).text == factories.WRITE_KEY


@pytest.mark.django_db
def test_a_ciphertext_moved_to_another_row_does_not_open():
    mine, theirs = factories.connection(), factories.connection()

    theirs.key_ciphertext, theirs.key_ring_id = mine.key_ciphertext, mine.key_ring_id

    with pytest.raises(CannotDecrypt):
        open_write_key(theirs)


@pytest.mark.django_db
def test_a_row_moved_to_another_tenant_does_not_open():
    connection = factories.connection()

    connection.feed = factories.feed()

    with pytest.raises(CannotDecrypt):
        open_write_key(connection)


@pytest.mark.django_db
def test_a_changed_ciphertext_does_not_open():
    connection = factories.connection()
    sealed = bytearray(connection.key_ciphertext)

    sealed[-1] ^= 1
    connection.key_ciphertext = bytes(sealed)

    with pytest.raises(CannotDecrypt):
        open_write_key(connection)


@pytest.mark.django_db
def test_the_newest_key_encrypts_and_older_keys_still_decrypt(settings):
    settings.ENCRYPTION_KEYS = ring("old")
    before = factories.connection()

    settings.ENCRYPTION_KEYS = ring("new", "old")
    after = factories.connection()

    assert (before.key_ring_id, after.key_ring_id) == ("old", "new")
    assert open_write_key(before).text != open_write_key(after).text


@pytest.mark.django_db
def test_a_row_does_not_open_without_its_key_in_the_keyring(settings):
    settings.ENCRYPTION_KEYS = ring("old")
    connection = factories.connection()

    settings.ENCRYPTION_KEYS = ring("new")

    with pytest.raises(CannotDecrypt, match="no key 'old'"):
        open_write_key(connection)


@pytest.mark.django_db
def test_equal_keys_have_unequal_ciphertexts():
    key = os.urandom(16).hex()
    first = factories.connection(write_key=key, deleted_at=factories.NOW)
    second = factories.connection(write_key=key)

    assert bytes(first.key_ciphertext) != bytes(second.key_ciphertext)


@pytest.mark.django_db
def test_keys_that_rows_need_and_the_keyring_lacks_are_named(settings):
    settings.ENCRYPTION_KEYS = ring("k2")
    factories.connection()
    factories.connection()
    deleted = factories.connection()
    Connection.objects.filter(pk=deleted.pk).update(
        deleted_at=factories.NOW, key_ciphertext=b"", key_ring_id=""
    )
    assert unknown_key_ids() == []

    settings.ENCRYPTION_KEYS = ring("k1")

    assert unknown_key_ids() == ["k2"]
