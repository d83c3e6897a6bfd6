"""Read an uploaded logo, PNG or SVG, and make it safe to show."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from streams.catalog.pages.png import SIGNATURE, read_png
from streams.catalog.pages.svg import read_svg

MAX_BYTES = 200_000


class InvalidLogo(ValueError):
    """The file can't be used; the message for people is the reason."""


@dataclass(frozen=True, slots=True)
class SafeImage:
    """A picture that is safe to show."""

    content: bytes
    content_type: str

    @property
    def digest(self) -> str:
        return hashlib.blake2b(self.content, digest_size=16).hexdigest()


def read_logo(upload: bytes) -> SafeImage:
    """Read and rewrite a logo. Raises InvalidLogo."""
    if len(upload) > MAX_BYTES:
        message = _("The file is larger than %(kilobytes)d KB.")
        raise InvalidLogo(message % {"kilobytes": MAX_BYTES // 1000})
    try:
        if upload.startswith(SIGNATURE):
            return SafeImage(read_png(upload), "image/png")
        return SafeImage(read_svg(upload), "image/svg+xml")
    except ValueError as error:
        raise InvalidLogo(str(error)) from None
