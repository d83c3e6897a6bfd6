"""A logo that somebody uploads: a PNG or an SVG, read and written anew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from streams.catalog.pages.png import SIGNATURE, read_png
from streams.catalog.pages.svg import read_svg

MAX_BYTES = 200_000


class NotALogo(ValueError):
    """What is wrong with the file, in words for people."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes that are safe to show, and what they are."""

    content: bytes
    content_type: str

    @property
    def digest(self) -> str:
        return hashlib.blake2b(self.content, digest_size=16).hexdigest()


def read_logo(upload: bytes) -> Picture:
    """Raises NotALogo."""
    if len(upload) > MAX_BYTES:
        raise NotALogo(f"The file is larger than {MAX_BYTES // 1000} KB.")
    try:
        if upload.startswith(SIGNATURE):
            return Picture(read_png(upload), "image/png")
        return Picture(read_svg(upload), "image/svg+xml")
    except ValueError as error:
        raise NotALogo(str(error)) from None
