from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest

from streams.catalog.pages.png import MAX_SIDE, SIGNATURE, read_png


def chunk(name: bytes, content: bytes = b"") -> bytes:
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def header(width: int = 2, height: int = 2, bits: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))


PIXELS = chunk(b"IDAT", zlib.compress(2 * (b"\0" + 6 * b"\xff")))
END = chunk(b"IEND")


def test_pixels_are_unchanged():
    picture = SIGNATURE + header() + PIXELS + END

    assert read_png(picture) == picture


def test_chunks_that_do_not_draw_are_removed():
    secret = chunk(b"tEXt", b"Comment\0taken at home") + chunk(b"eXIf", b"GPS")
    hidden = b"<script>alert(1)</script>"

    read = read_png(SIGNATURE + header() + secret + PIXELS + END + hidden)

    assert read == SIGNATURE + header() + PIXELS + END


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        PIXELS + END,
        header() + PIXELS,
        header() + END,
        header() + header() + PIXELS + END,
        header() + PIXELS[:-1] + b"x" + END,
        header()[:20] + END,
        header(bits=3) + PIXELS + END,
        header(colour=5) + PIXELS + END,
        header(width=0) + PIXELS + END,
        header() + chunk(b"IDAT", b"no zlib") + END,
        struct.pack(">I4s", 0xFFFFFFFF, b"IHDR") + 40 * b"x",
    ],
)
def test_a_damaged_picture_is_refused(rest):
    with pytest.raises(ValueError, match=r"PNG is damaged|pixels"):
        read_png(SIGNATURE + rest)


def test_a_huge_picture_is_refused():
    with pytest.raises(ValueError, match="2000 pixels"):
        read_png(SIGNATURE + header(width=MAX_SIDE + 1) + PIXELS + END)


def test_a_picture_that_unpacks_to_more_than_its_size_is_refused():
    bomb = chunk(b"IDAT", zlib.compress(b"\0" * 10_000_000))

    with pytest.raises(ValueError, match="damaged"):
        read_png(SIGNATURE + header() + bomb + END)


def test_a_small_file_of_many_pixels_is_never_in_memory_as_a_whole():
    rows = MAX_SIDE * (b"\0" + 8 * MAX_SIDE * b"\0")  # 32 MB
    largest = header(width=MAX_SIDE, height=MAX_SIDE, bits=16, colour=6)
    picture = SIGNATURE + largest + chunk(b"IDAT", zlib.compress(rows)) + END

    tracemalloc.start()
    read = read_png(picture)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read == picture
    assert peak_bytes < 2_000_000
