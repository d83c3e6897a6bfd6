"""The types of settings that are URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import environ
from psycopg import pq

from partner_portal.environment.setting_types import WORDS, Invalid, Kind

_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9a-f:.]+")  # a name, or an IPv6 address


def url(
    schemes: Iterable[str], example: str, *, without_host: Iterable[str] = ()
) -> Kind:
    """A URL with one of the schemes. Those in `without_host` need no host."""

    def parse(text: str) -> str:
        instead = f"write one such as {example}."
        try:
            parts = urlsplit(text)
            scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        except ValueError:  # an invalid port or IPv6 address
            raise Invalid(f"is not a URL; {_ENCODED}, or {instead}") from None
        if "://" not in text:
            raise Invalid(f"has no scheme; {instead}")
        if scheme not in {*schemes, *without_host}:
            raise Invalid(f"has an unknown scheme; {instead}")
        if scheme not in without_host and not (host and port != 0):
            raise Invalid(f"has no host; {instead}")
        if re.search(r"\s", text):
            raise Invalid(f"contains a space; {instead}")
        return text

    return Kind(
        f"a URL ({', '.join(f'{scheme}://' for scheme in (*schemes, *without_host))})",
        parse,
    )


def address(example: str) -> Kind:
    """An http URL that paths are added to: no credentials, query or trailing slash.

    It includes /v1 if the example does.
    """
    kind = url(("https", "http"), example)

    def parse(text: str) -> str:
        parts = urlsplit(str(kind.parse(text)))
        if parts.username is not None or "?" in text or "#" in text:
            raise Invalid(
                f"must not contain a user, a password, ? or #; write one such as {example}."
            )
        if not _is_host(parts.hostname or "") or parts.netloc.endswith(":"):
            raise Invalid(f"has an invalid host; write one such as {example}.")
        path = parts.path.rstrip("/")
        if path.endswith("/v1") and not example.endswith("/v1"):
            raise Invalid(f"must not end in /v1; write one such as {example}.")
        return text.rstrip("/")

    return Kind(kind.about, parse)


def _is_host(name: str) -> bool:
    """Whether the text is a host name, ASCII or not, or an IP address."""
    try:
        ascii_name = name.encode("idna").decode()
    except UnicodeError:  # a label that is empty or too long
        return False
    return _HOST.fullmatch(ascii_name) is not None


_DATABASES = ("postgres", "postgresql", "sqlite")
_ENCODED = "percent-encode / ? # and @ in the user and password"
_LIBPQ_NAMES = {each.keyword.decode() for each in pq.Conninfo.get_defaults()}
_LIBPQ_NUMBERS = {
    "connect_timeout", "keepalives", "keepalives_count", "keepalives_idle",
    "keepalives_interval", "port", "tcp_user_timeout",
}  # fmt: skip
_SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
_LIBPQ_FILES = ("sslcert", "sslcrl", "sslkey", "sslrootcert")
_SYSTEM = "system"  # sslrootcert=system: the certificate authorities of the machine


def _parse_database(text: str) -> str:
    """Return the URL unchanged, after checking that django-environ can parse it."""
    instead = "write one such as postgres://user:password@host:5432/name."
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise Invalid(f"has no scheme; {instead}")
    if scheme not in _DATABASES:
        raise Invalid(f"has an unknown scheme; {instead}")
    if re.search(r"\s", text):
        raise Invalid(f"contains a space; {instead}")
    if scheme == "sqlite":
        if rest != ":memory:" and (not rest.startswith("/") or rest == "/"):
            raise Invalid("has no path; write three slashes, as in sqlite:///path.")
        return text
    try:
        database = environ.Env.db_url_config(text)
    except ValueError:  # an invalid port or IPv6 address
        raise Invalid(f"is not a URL; {_ENCODED}, or {instead}") from None
    if not database["NAME"] or "@" in database["NAME"]:
        raise Invalid(f"has no database name; {_ENCODED}, or {instead}")
    _check_libpq_options(database.get("OPTIONS", {}))
    return text


def _check_libpq_options(options: Mapping[str, object]) -> None:
    """Check the options that libpq would refuse only when connecting. Raises Invalid."""
    if options.keys() - _LIBPQ_NAMES:
        raise Invalid(
            "has an unknown libpq option after ?; write one such as"
            " ?sslmode=verify-full, or none."
        )
    for name in _LIBPQ_NUMBERS & options.keys():
        if not isinstance(options[name], int):
            raise Invalid(
                f"has a {name} that is not a whole number; write digits only."
            )
    if options.get("sslmode", "prefer") not in _SSL_MODES:
        raise Invalid(
            "has an unknown sslmode; write verify-full, or leave the option out."
        )
    for name in _LIBPQ_FILES:
        file = str(options.get(name, ""))
        if file and (name, file) != ("sslrootcert", _SYSTEM):
            _check_file(name, file)


def _check_file(option: str, file: str) -> None:
    """Check that this process can read a file that an option names. Raises Invalid."""
    try:
        Path(file).open("rb").close()
    except OSError as error:
        problem = f"that cannot be read ({error.strerror})"
    except ValueError:  # the path contains a null character
        problem = "that is not a path"
    else:
        return
    raise Invalid(f"has a file in {option} {problem}; correct its path or permissions.")


DATABASE = Kind("a URL (postgres://, sqlite://)", _parse_database)
_SMTP = ("smtp", "smtps", "smtp+tls", "smtp+ssl")
_NO_SERVER = ("filemail", "consolemail", "memorymail", "dummymail")
_MAIL = url(
    _SMTP, "smtp+tls://user:password@smtp.example.com:587", without_host=_NO_SERVER
)


def _parse_mail(text: str) -> str:
    parts = urlsplit(str(_MAIL.parse(text)))
    if parts.path.strip("/") or "?" in text or "#" in text:
        raise Invalid(
            "has text after its port, which has no effect; write smtp+tls:// or"
            " smtp+ssl:// for encryption, and nothing after the port."
        )
    return text


MAIL = Kind(_MAIL.about, _parse_mail)

_TLS_FILES = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
_TLS_OPTIONS = _TLS_FILES | {"ssl_cert_reqs", "ssl_check_hostname"}
_REDIS = url(("redis", "rediss"), "redis://host:6379/0")


def _parse_redis(text: str) -> str:
    parts = urlsplit(str(_REDIS.parse(text)))
    if parts.fragment or not re.fullmatch(r"/?[0-9]{0,5}", parts.path):
        raise Invalid(
            f"must end in a database number; {_ENCODED}, or write one such as"
            " redis://host:6379/0."
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if options.keys() - (_TLS_OPTIONS if parts.scheme == "rediss" else set()):
        raise Invalid(
            "has an unknown option; write rediss:// with"
            f" {', '.join(sorted(_TLS_OPTIONS))}, or none."
        )
    # Unlike redis-py, Celery does not verify certificates by default.
    verifies = options.setdefault("ssl_cert_reqs", "required")
    if verifies not in {"required", "optional", "none"}:
        raise Invalid("has an unknown ssl_cert_reqs; write required, or leave it out.")
    if options.get("ssl_check_hostname", "on").lower() not in WORDS:
        raise Invalid("has an unknown ssl_check_hostname; write true, or leave it out.")
    for name in _TLS_FILES & options.keys():
        _check_file(name, options[name])
    return (
        parts._replace(query=urlencode(options)).geturl()
        if parts.scheme == "rediss"
        else text
    )


REDIS = Kind(_REDIS.about, _parse_redis)
