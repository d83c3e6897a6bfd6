"""Every setting gets typical input and has the right value or one clear error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from partner_portal.environment import SETTINGS, InvalidSettings, load
from tests.settings.typical_values import KEY, ROWS, WRONG

NOWHERE = Path("/nonexistent/.env")
SECRETS = {
    "SECRET_KEY": "s3cret",
    "ENCRYPTION_KEYS": f"k1:{KEY}",
    "IDENTITY_KEYS": f"k1:{KEY}",
}
CASES = [
    pytest.param(name, text, value, id=f"{name}={text[:40]!a}")
    for name, rows in ROWS.items()
    for text, value in rows
]


def test_every_setting_of_the_example_has_rows():
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    names = re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)

    assert list(ROWS) == names == list(SETTINGS)


@pytest.mark.parametrize("name", ROWS)
def test_every_setting_has_twenty_values(name):
    texts = [text for text, _ in ROWS[name]]

    assert len(set(texts)) >= 20


@pytest.mark.parametrize(("name", "text", "value"), CASES)
def test_a_value_is_read_or_refused(name, text, value):
    environ = SECRETS | {name: text}

    if value is not WRONG:
        assert load(environ, NOWHERE)[name] == value
        return
    with pytest.raises(InvalidSettings) as invalid:
        load(environ, NOWHERE)
    assert_is_one_sentence(invalid.value.errors, name, text)


def assert_is_one_sentence(errors, name, text):
    (error,) = errors
    assert error.startswith(f"{name} ")
    assert error.endswith(".")
    assert "\n" not in error
    wrong, _, _ = error.partition(";")  # an example may look like the value
    if len(text.strip()) > 6:  # shorter ones, such as "on", are words of the sentence
        assert text.strip() not in wrong
    assert "hun" not in error
