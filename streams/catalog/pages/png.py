"""Rewrite a PNG with only the chunks that are needed to draw it.

Metadata such as comments, locations and cameras is dropped, and so is data after the end
of the picture. See the PNG specification (W3C, third edition), 5 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from django.utils.translation import gettext as _

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_SIDE = 2_000  # pixels
PIECE_BYTES = 256 * 1024  # of pixels in memory at a time
KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB"}
# Samples per pixel and the allowed bits per sample, by color type.
COLORS = {
    0: (1, {1, 2, 4, 8, 16}),
    2: (3, {8, 16}),
    3: (1, {1, 2, 4, 8}),
    4: (2, {8, 16}),
    6: (4, {8, 16}),
}


def read_png(upload: bytes) -> bytes:
    """Return the picture without unneeded chunks. Raises ValueError with a message for people."""
    chunks = list(_chunks(upload))
    names = [name for name, _ in chunks]
    if names[:1] != [b"IHDR"] or names.count(b"IHDR") != 1 or names[-1:] != [b"IEND"]:
        raise ValueError(_("This PNG is damaged."))
    pixels = b"".join(content for name, content in chunks if name == b"IDAT")
    _check_size(_size(chunks[0][1]), pixels)
    kept = (one for one in chunks if one[0] in KEPT)
    return SIGNATURE + b"".join(_written(name, content) for name, content in kept)


def _chunks(upload: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk up to the end of the picture. Checks the checksums."""
    at = len(SIGNATURE)
    while at + 12 <= len(upload):
        length, name = struct.unpack_from(">I4s", upload, at)
        content = upload[at + 8 : at + 8 + length]
        checksum = upload[at + 8 + length : at + 12 + length]
        if checksum != struct.pack(">I", zlib.crc32(name + content)):
            raise ValueError(_("This PNG is damaged."))
        yield name, content
        if name == b"IEND":
            return
        at += 12 + length


def _size(header: bytes) -> int:
    """Return the maximum size of the unpacked pixels in bytes."""
    if len(header) != 13:
        raise ValueError(_("This PNG is damaged."))
    width, height, bits, color, method, filters, interlaced = struct.unpack(
        ">IIBBBBB", header
    )
    samples, depths = COLORS.get(color, (0, set()))
    if bits not in depths or method or filters or interlaced > 1:
        raise ValueError(_("This PNG is damaged."))
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        message = _("The image is more than %(pixels)d pixels wide or high.")
        raise ValueError(message % {"pixels": MAX_SIDE})
    rows: int = height * (1 + -(-width * samples * bits // 8))
    return rows * 2 if interlaced else rows  # each pass adds some bytes


def _check_size(at_most: int, pixels: bytes) -> None:
    """Check that the pixels don't unpack to more than the header says.

    Piece by piece, because a small file can unpack to 64 MB.
    """
    unpacker = zlib.decompressobj()
    unpacked = 0
    try:
        while pixels and not unpacker.eof and unpacked <= at_most:
            unpacked += len(unpacker.decompress(pixels, PIECE_BYTES))
            pixels = unpacker.unconsumed_tail
    except zlib.error:
        raise ValueError(_("This PNG is damaged.")) from None
    if not 0 < unpacked <= at_most:
        raise ValueError(_("This PNG is damaged."))


def _written(name: bytes, content: bytes) -> bytes:
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
