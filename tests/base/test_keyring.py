from __future__ import annotations

import base64

import pytest

from streams.base.keyring import CannotDecrypt, Ciphertext, KeyRing, KeyRingError

KEY = base64.b64encode(b"k" * 32).decode()
SHORT = base64.b64encode(b"k" * 16).decode()


def test_a_ciphertext_opens_for_its_own_row_only():
    ring = KeyRing.parse([f"k1:{KEY}"])

    sealed = ring.seal("a secret", bound_to="row 1")

    assert ring.open(sealed, bound_to="row 1") == "a secret"
    with pytest.raises(CannotDecrypt):
        ring.open(sealed, bound_to="row 2")


def test_the_first_key_encrypts():
    ring = KeyRing.parse([f"k2:{KEY}", f"k1:{base64.b64encode(b'o' * 32).decode()}"])

    assert ring.seal("a secret", bound_to="row").key_id == ring.newest == "k2"


def test_a_truncated_ciphertext_does_not_open():
    ring = KeyRing.parse([f"k1:{KEY}"])

    for length in (0, 5, 12, 20):
        cut = Ciphertext(
            "k1", ring.seal("a secret", bound_to="row").ciphertext[:length]
        )
        with pytest.raises(CannotDecrypt):
            ring.open(cut, bound_to="row")


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [""],
        [KEY],
        [f":{KEY}"],
        [f"{'k' * 21}:{KEY}"],
        ["k1:"],
        ["k1:not base64"],
        ["k1:ключ"],
        [f"k1:{SHORT}"],
        [f"k1:{KEY}", f"k1:{KEY}"],
    ],
)
def test_an_unusable_keyring_is_refused_without_showing_its_keys(entries):
    with pytest.raises(KeyRingError) as refused:
        KeyRing.parse(entries)

    assert KEY not in str(refused.value)
    assert SHORT not in str(refused.value)


def test_no_repr_contains_a_key_or_a_ciphertext():
    ring = KeyRing.parse([f"k1:{KEY}"])

    shown = repr(ring) + repr(ring.seal("a secret", bound_to="row"))

    assert shown == "KeyRing()Ciphertext(key_id='k1')"
