"""A PNG taken apart and put together again, of the chunks that draw it alone.

Comments, places, cameras and whatever is hidden behind the picture's end are left out.
From the PNG specification (W3C, third edition), 5 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_SIDE = 2_000  # pixels
KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB"}
# Samples of a pixel, and the bits that each may have, by the type of colour.
COLOURS = {
    0: (1, {1, 2, 4, 8, 16}),
    2: (3, {8, 16}),
    3: (1, {1, 2, 4, 8}),
    4: (2, {8, 16}),
    6: (4, {8, 16}),
}


def read_png(upload: bytes) -> bytes:
    """The same picture, without what does not draw it. Raises ValueError."""
    chunks = list(_chunks(upload))
    names = [name for name, _ in chunks]
    if names[:1] != [b"IHDR"] or names.count(b"IHDR") != 1 or names[-1:] != [b"IEND"]:
        raise ValueError("This PNG is damaged.")
    pixels = b"".join(content for name, content in chunks if name == b"IDAT")
    _check_size(_size(chunks[0][1]), pixels)
    kept = (one for one in chunks if one[0] in KEPT)
    return SIGNATURE + b"".join(_written(name, content) for name, content in kept)


def _chunks(upload: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each name and content up to the end of the picture; their sums are right."""
    at = len(SIGNATURE)
    while at + 12 <= len(upload):
        length, name = struct.unpack_from(">I4s", upload, at)
        content = upload[at + 8 : at + 8 + length]
        told = upload[at + 8 + length : at + 12 + length]
        if told != struct.pack(">I", zlib.crc32(name + content)):
            raise ValueError("This PNG is damaged.")
        yield name, content
        if name == b"IEND":
            return
        at += 12 + length


def _size(header: bytes) -> int:
    """How many bytes the pixels take, unpacked, at most."""
    if len(header) != 13:
        raise ValueError("This PNG is damaged.")
    width, height, bits, colour, method, filters, interlaced = struct.unpack(
        ">IIBBBBB", header
    )
    samples, depths = COLOURS.get(colour, (0, set()))
    if bits not in depths or method or filters or interlaced > 1:
        raise ValueError("This PNG is damaged.")
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ValueError(f"The picture is more than {MAX_SIDE} pixels wide or high.")
    rows: int = height * (1 + -(-width * samples * bits // 8))
    return rows * 2 if interlaced else rows  # the passes add some bytes to rows


def _check_size(at_most: int, pixels: bytes) -> None:
    """Whoever shows it must not unpack more than its size says."""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(pixels, at_most + 1)
    except zlib.error:
        raise ValueError("This PNG is damaged.") from None
    if not unpacked or len(unpacked) > at_most:
        raise ValueError("This PNG is damaged.")


def _written(name: bytes, content: bytes) -> bytes:
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
