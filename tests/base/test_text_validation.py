from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from streams.base.text.validation import one_line, validate_lines, validate_one_line

HIDDEN = (
    "\n",
    "\r",
    "\t",
    "\0",
    "\x1b",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\u2066",
    "\ud800",
)


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
def test_characters_that_hide_or_split_a_name_are_refused(hidden):
    with pytest.raises(ValidationError, match=f"U\\+{ord(hidden):04X}"):
        validate_one_line(f"Fern{hidden}Field")

    assert one_line(f" Fern{hidden}Field{hidden}") == "Fern Field"


@pytest.mark.parametrize(
    "name", ["Fern & Field", "שלום\u200f", "山田", "Zoë 👩\u200d💻", ""]
)
def test_real_names_are_accepted(name):
    validate_one_line(name)
    validate_lines(f"{name}\r\n\t{name}")


def test_a_longer_text_may_have_lines_but_no_other_control_characters():
    with pytest.raises(ValidationError):
        validate_lines("Pay\u202e\nhere")
