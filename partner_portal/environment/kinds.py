"""The types of settings: how each is read from text, and described.

A reader raises `Invalid` with the rest of a sentence that starts with the setting's
name. It says what is wrong and what to write instead, and never contains the value.
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
_ADDRESS = re.compile(  # in ASCII alone: other servers may not take anything else
    r"[!#-'*+\-./-9=?A-Z^-~]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)
_NAMED_ADDRESS = re.compile(r"([^<>]*)<([^<>]*)>")
_QUOTED_NAME = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOT_IN_A_NAME = re.compile(r'[][()@,:;."\\]')  # without quotes (RFC 5322, 3.2.3)


class Invalid(Exception):
    """The value cannot be used. The message continues a sentence: "PORT …"."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: `parse` reads a value that is not empty; raises Invalid."""

    about: str  # as .env.example describes it
    parse: Callable[[str], Any]
    empty: Any = ""  # the value where there is no text and no default


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
            raise Invalid(f"must be {bounds}, in digits alone.")
        number = int(text) if len(text) <= MANY_DIGITS else high + 1
        if not low <= number <= high:
            raise Invalid(f"is out of bounds; write {bounds}.")
        return number

    return Kind(" ".join(filter(None, (bounds, unit))), parse)


def decimal(low: float, high: float, unit: str = "") -> Kind:
    """A number within bounds, both included, with a point before the fraction."""
    bounds = f"a number from {low:g} to {high:g}"

    def parse(text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise Invalid(f"must be {bounds}, such as 7.5, in digits alone.")
        number = float(text) if len(text) <= MANY_DIGITS else high + 1
        if not low <= number <= high:
            raise Invalid(f"is out of bounds; write {bounds}.")
        return number

    return Kind(" ".join(filter(None, (bounds, unit))), parse)


def choice(*choices: str) -> Kind:
    """One of some words, in any case; the value is the word as it is in `choices`."""
    words = f"{', '.join(choices[:-1])} or {choices[-1]}"
    known = {word.lower(): word for word in choices}

    def parse(text: str) -> str:
        try:
            return known[text.lower()]
        except KeyError:
            raise Invalid(f"must be {words}.") from None

    return Kind(words, parse)


def several(one: Callable[[str], Any], about: str) -> Kind:
    """Comma-separated values of a type; spaces around them and empty ones do not count."""

    def parse(text: str) -> list[Any]:
        return [one(item) for part in text.split(",") if (item := part.strip())]

    return Kind(f"{about}, comma-separated", parse, empty=[])


def _parse_host(text: str) -> str:
    if "/" in text:
        raise Invalid(
            "has a URL in it; write host names alone, such as portal.example.com."
        )
    name = text.lower()
    if _HOST.fullmatch(name):
        return name
    if re.fullmatch(r"[^:]+:[0-9]*|\[.*\]:.*", name):
        raise Invalid("has a port in it; write host names without a port.")
    raise Invalid(
        "has a name in it that is not a host name; write names such as"
        " portal.example.com, .example.com for its subdomains, and IPv6 addresses as [::1]."
    )


HOSTS = several(_parse_host, "host names")


def _parse_address(text: str) -> str:
    # The length first: it bounds what the pattern costs.
    if len(text) <= 320 and _ADDRESS.fullmatch(text) and ".." not in text:
        return text
    raise Invalid("is not an email address; write one such as staff@example.com.")


def _parse_sender(text: str) -> str:
    """As a header takes it: a name such as "Portal, Inc." has quotes around it."""
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
            "starts with ~ and a user who does not exist; write the path in full."
        ) from None


SECRETS = several(str, "texts")
PATH = Kind("a path; a relative one starts at the checkout", _parse_path, empty=None)


def _parse_key_ring(text: str) -> list[str]:
    """The entries as they are, once they are known to make a ring."""
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
