"""The types of settings: how each is read from text, and described.

A reader raises `Invalid` with the rest of a sentence that starts with the setting's
name. It says what is wrong and what to write instead, and never contains the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import environ

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
_ADDRESS = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)
_NAMED_ADDRESS = re.compile(r"[^<>]*<([^<>]*)>")


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
        " portal.example.com, and IPv6 addresses as [::1]."
    )


HOSTS = several(_parse_host, "host names")


def _parse_address(text: str) -> str:
    # The length first: it bounds what the pattern costs.
    if len(text) <= 320 and _ADDRESS.fullmatch(text) and ".." not in text:
        return text
    raise Invalid("is not an email address; write one such as staff@example.com.")


def _parse_sender(text: str) -> str:
    named = _NAMED_ADDRESS.fullmatch(text)
    _parse_address(named[1] if named else text)
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


def url(
    schemes: Iterable[str], example: str, *, without_host: Iterable[str] = ()
) -> Kind:
    """A URL of one of the schemes; those of `without_host` may have no host."""

    def parse(text: str) -> str:
        instead = f"write one such as {example}."
        try:
            parts = urlsplit(text)
            scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        except ValueError:  # a port that is no number, or half an IPv6 address
            raise Invalid(f"is not a URL; {_ENCODED}, or {instead}") from None
        if "://" not in text:
            raise Invalid(f"has no scheme; {instead}")
        if scheme not in {*schemes, *without_host}:
            raise Invalid(f"is a URL of an unknown kind; {instead}")
        if scheme not in without_host and not (host and port != 0):
            raise Invalid(f"has no host; {instead}")
        if re.search(r"\s", text):
            raise Invalid(f"has a space in it; {instead}")
        return text

    return Kind(
        f"a URL ({', '.join(f'{scheme}://' for scheme in (*schemes, *without_host))})",
        parse,
    )


def address(example: str) -> Kind:
    """An http URL that paths are added to: no credentials, query or final slash."""
    kind = url(("https", "http"), example)

    def parse(text: str) -> str:
        parts = urlsplit(str(kind.parse(text)))
        if parts.username is not None or parts.query or parts.fragment:
            raise Invalid(
                f"must have no user, password, ? or # in it; write one such as {example}."
            )
        return text.rstrip("/")

    return Kind(kind.about, parse)


_DATABASES = ("postgres", "postgresql", "sqlite")
_ENCODED = "percent-encode / ? # and @ in its user and password"


def _parse_database(text: str) -> str:
    """The URL as it is, once django-environ can read it: settings need both."""
    instead = "write one such as postgres://user:password@host:5432/name."
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise Invalid(f"has no scheme; {instead}")
    if scheme not in _DATABASES:
        raise Invalid(f"is a URL of an unknown kind; {instead}")
    if re.search(r"\s", text):
        raise Invalid(f"has a space in it; {instead}")
    if scheme == "sqlite":
        if rest != ":memory:" and (not rest.startswith("/") or rest == "/"):
            raise Invalid("has no path; write three slashes, as in sqlite:///path.")
        return text
    try:
        database = environ.Env.db_url_config(text)
    except ValueError:  # a port that is no number, or half an IPv6 address
        raise Invalid(f"is not a URL; {_ENCODED}, or {instead}") from None
    if not database["NAME"] or "@" in database["NAME"]:
        raise Invalid(f"names no database; {_ENCODED}, or {instead}")
    return text


DATABASE = Kind("a URL (postgres://, sqlite://)", _parse_database)
_SMTP = ("smtp", "smtps", "smtp+tls", "smtp+ssl")
_NO_SERVER = ("consolemail", "memorymail", "dummymail")
MAIL = url(
    _SMTP, "smtp+tls://user:password@smtp.example.com:587", without_host=_NO_SERVER
)


_TLS_OPTIONS = {
    "ssl_ca_certs", "ssl_certfile", "ssl_cert_reqs", "ssl_check_hostname", "ssl_keyfile",
}  # fmt: skip
_REDIS = url(("redis", "rediss"), "redis://host:6379/0")


def _parse_redis(text: str) -> str:
    parts = urlsplit(str(_REDIS.parse(text)))
    if parts.fragment or not re.fullmatch(r"/?[0-9]{0,5}", parts.path):
        raise Invalid(
            f"must end in the number of a database; {_ENCODED}, or write one such as"
            " redis://host:6379/0."
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if options.keys() - (_TLS_OPTIONS if parts.scheme == "rediss" else set()):
        raise Invalid(
            "has an option that is not known; write rediss:// with"
            f" {', '.join(sorted(_TLS_OPTIONS))}, or none."
        )
    # Celery, unlike redis-py, does not verify a certificate unless told.
    verifies = options.setdefault("ssl_cert_reqs", "required")
    if verifies not in {"required", "optional", "none"}:
        raise Invalid("has an unknown ssl_cert_reqs; write required, or leave it out.")
    return (
        parts._replace(query=urlencode(options)).geturl()
        if parts.scheme == "rediss"
        else text
    )


REDIS = Kind(_REDIS.about, _parse_redis)


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
