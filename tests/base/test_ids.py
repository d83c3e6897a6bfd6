from __future__ import annotations

import re

from streams.base.ids import Secret, digest, id_named, new_secret, public_id, short_code


def test_a_secret_is_its_prefix_and_32_letters_and_digits():
    secret = new_secret("pt_")

    assert re.fullmatch(r"pt_[A-Za-z0-9]{32}", secret.text)
    assert new_secret("pt_") != secret


def test_only_the_first_letters_of_a_secret_are_shown():
    secret = Secret("pt_abcdefghijklmnop")

    assert repr(secret) == str(secret) == "Secret(pt_abcde…)"
    assert secret.hint == "pt_abcde"


def test_a_secret_is_found_by_its_digest():
    secret = new_secret("ik_")

    assert secret.digest == digest(secret.text)
    assert len(secret.digest) == 64


def test_a_lone_surrogate_has_a_digest():
    assert digest("\ud800") != digest("\ud801")


def test_public_ids_and_codes_have_their_format():
    assert re.fullmatch(r"[b-df-hj-np-tv-xz2-9]{12}", public_id())
    assert re.fullmatch(r"[1-9][0-9]{3}", short_code())


def test_a_name_always_has_the_same_public_id_and_no_two_names_share_one():
    assert re.fullmatch(r"[b-df-hj-np-tv-xz2-9]{12}", id_named("a:1"))
    assert id_named("a:1") == id_named("a:1") != id_named("a:2")
