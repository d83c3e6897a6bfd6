"""The types of settings: how each is parsed from text and described.

Parsers raise `Invalid` with a message that follows the setting's name. The message says
what is wrong and what to write instead, and never contains the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import quote
from pathlib import Path
from typing import Any

from streams.base.keyring import KeyRing, KeyRingError

WORDS = {"on": True, "true": True, "yes": True, "1": True} | {
    "off": False, "false": False, "no": False, "0": False,
}  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
MANY_DIGITS = 18  # no setting is as large; int() of a megabyte of digits takes seconds

_WHOLE = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST = re.compile(rf"\*|\.?{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]+\]")
_ADDRESS = re.compile(  # ASCII only: other email servers may reject anything else
    r"[!#-'*+\-./-9=?A-Z^-~]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)
_NAMED_ADDRESS = re.compile(r"([^<>]*)<([^<>]*)>")
_QUOTED_NAME = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOT_IN_A_NAME = re.compile(r'[][()@,:;."\\]')  # without quotes (RFC 5322, 3.2.3)


class Invalid(Exception):
    """The value cannot be used. The message continues a sentence: "PORT …"."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type. `parse` reads a non-empty value and raises Invalid."""

    about: str  # the description in .env.example
    parse: Callable[[str], Any]
    empty: Any = ""  # the value if there is neither text nor a default


def _parse_flag(text: str) -> bool:
    try:
        return WORDS[text.lower()]
    except KeyError:
        raise Invalid("must be on or off, without quotes or a comment.") from None


FLAG = Kind("on or off", _parse_flag)
TEXT = Kind("text", str)


def whole(low: int, high: int, unit: str = "") -> Kind:
    """A whole number within bounds, both included. `_` may separate digits."""
    bounds = f"a whole number from {low} to {high}"

    def parse(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise Invalid(f"must be {bounds}; write digits only.")
        number = int(text) if len(text) <= MANY_DIGITS else high + 1
        if not low <= number <= high:
            raise Invalid(f"is out of bounds; write {bounds}.")
        return number

    return Kind(" ".join(filter(None, (bounds, unit))), parse)


def decimal(low: float, high: float, unit: str = "") -> Kind:
    """A number within bounds, both included, with a decimal point."""
    bounds = f"a number from {low:g} to {high:g}"

    def parse(text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise Invalid(f"must be {bounds}; write digits only, such as 7.5.")
        number = float(text) if len(text) <= MANY_DIGITS else high + 1
        if not low <= number <= high:
            raise Invalid(f"is out of bounds; write {bounds}.")
        return number

    return Kind(" ".join(filter(None, (bounds, unit))), parse)


def choice(*choices: str) -> Kind:
    """One of `choices`, in any case. The value is spelled as in `choices`."""
    words = f"{', '.join(choices[:-1])} or {choices[-1]}"
    known = {word.lower(): word for word in choices}

    def parse(text: str) -> str:
        try:
            return known[text.lower()]
        except KeyError:
            raise Invalid(f"must be {words}.") from None

    return Kind(words, parse)


def several(one: Callable[[str], Any], about: str) -> Kind:
    """Comma-separated values of a type. Surrounding spaces and empty values are ignored."""

    def parse(text: str) -> list[Any]:
        return [one(item) for part in text.split(",") if (item := part.strip())]

    return Kind(f"{about}, comma-separated", parse, empty=[])


def _parse_host(text: str) -> str:
    if "/" in text:
        raise Invalid(
            "contains a URL; write host names only, such as portal.example.com."
        )
    name = text.lower()
    if _HOST.fullmatch(name):
        return name
    if re.fullmatch(r"[^:]+:[0-9]*|\[.*\]:.*", name):
        raise Invalid("contains a port; write host names without a port.")
    raise Invalid(
        "contains an invalid host name; write names such as"
        " portal.example.com, .example.com for its subdomains, and IPv6 addresses as [::1]."
    )


HOSTS = several(_parse_host, "host names")


def _parse_address(text: str) -> str:
    # Check the length first: it bounds the cost of the pattern.
    if len(text) <= 320 and _ADDRESS.fullmatch(text) and ".." not in text:
        return text
    raise Invalid("is not an email address; write one such as operator@example.com.")


def _parse_sender(text: str) -> str:
    """Return the sender as a header needs it: a name such as "Portal, Inc." is quoted."""
    named = _NAMED_ADDRESS.fullmatch(text)
    if not named:
        return _parse_address(text)
    name, address = named[1].strip(), _parse_address(named[2])
    if _NOT_IN_A_NAME.search(name) and not _QUOTED_NAME.fullmatch(name):
        return f'"{quote(name)}" <{address}>'
    return text


ADDRESSES = several(_parse_address, "email addresses")
SENDER = Kind("an email address, or Name <address>", _parse_sender)


def _parse_path(text: str) -> Path:
    if text[0] in "\"'" or "://" in text:
        raise Invalid("is not a path; write one such as /srv/portal, without quotes.")
    try:
        return ROOT / Path(text).expanduser()  # an absolute path stays as it is
    except RuntimeError:
        raise Invalid(
            "starts with ~ and an unknown user; write the full path."
        ) from None


SECRETS = several(str, "texts")
PATH = Kind("a path, relative to the checkout or absolute", _parse_path, empty=None)


def _parse_key_ring(text: str) -> list[str]:
    """Return the entries unchanged, after checking that they form a key ring."""
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    try:
        KeyRing.parse(entries)
    except KeyRingError:
        raise Invalid(
            "is not a list of id:key; write entries such as k1:…, each with its own id"
            " of at most 20 characters and the base64 of 32 random bytes."
        ) from None
    return entries


KEY_RING = Kind("id:key, comma-separated", _parse_key_ring)
