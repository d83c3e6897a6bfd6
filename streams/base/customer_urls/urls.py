"""URLs that customers enter, by a grammar that leaves nothing to interpretation.

A library that is lenient and one that isn't may see two hosts in one URL. This grammar has
only names in ASCII, without addresses in any notation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _

MAX_LENGTH = 2_000  # characters
HTTPS_PORT = 443
MAX_HOST_LENGTH = 253
LOCALHOST = "localhost"

_URL = re.compile(r"https://([^/?#\\]*)([/?][!-~]*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"([A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?"
# The last label is not a number: all notations of IPv4 addresses end with one (0x7f, 0177).
_NAME = re.compile(rf"({_LABEL}\.)++(?!0x[0-9a-f]*$)(?=.*[a-z]){_LABEL}")


class UrlRefused(ValueError):
    """The portal sends nothing to this URL. The message says why, without the URL."""


@dataclass(frozen=True, slots=True)
class CustomerUrl:
    """A URL in parts. `target` may be a secret: it isn't in the repr."""

    host: str
    port: int
    target: str

    def __repr__(self) -> str:
        return f"CustomerUrl({self.origin}/…)"

    @property
    def origin(self) -> str:
        """The part that may be shown: scheme, host and port."""
        port = "" if self.port == HTTPS_PORT else f":{self.port}"
        return f"https://{self.host}{port}"

    @property
    def text(self) -> str:
        """The whole URL."""
        return self.origin + self.target

    @classmethod
    def parse(cls, text: str, *, to_loopback: bool = False) -> Self:
        """Read a URL. Raises UrlRefused.

        `to_loopback` also allows `localhost`, with any port.
        """
        if len(text) > MAX_LENGTH:
            raise UrlRefused(_("The URL is too long."))
        if not text.lower().startswith("https://"):
            raise UrlRefused(_("Enter a URL that starts with https://."))
        parts = _URL.fullmatch(text)
        if parts is None or "#" in text:
            raise UrlRefused(
                _(
                    "Enter the URL without spaces, backslashes, “#” and other special"
                    " characters. Encode them as in %20."
                )
            )
        host, port = _host_and_port(parts[1])
        if not (to_loopback and host == LOCALHOST):
            _check_public(host, port)
        target = parts[2] or "/"
        return cls(host, port, target if target.startswith("/") else f"/{target}")


def _host_and_port(authority: str) -> tuple[str, int]:
    if "@" in authority:
        raise UrlRefused(_("Enter the URL without a username or password."))
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise UrlRefused(
            _(
                "Enter a URL with a host name such as hooks.example.com, not an address."
                " Write international names in their ASCII form, which starts with xn--."
            )
        )
    return parts[1].lower(), int(parts[2] or HTTPS_PORT)


def _check_public(host: str, port: int) -> None:
    if len(host) > MAX_HOST_LENGTH or not _NAME.fullmatch(host):
        raise UrlRefused(
            _("Enter a URL with a public host name such as hooks.example.com.")
        )
    if port != HTTPS_PORT:
        raise UrlRefused(_("Enter a URL with port 443, or without a port."))
