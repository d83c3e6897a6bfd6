"""Socket functions that asyncio lacks or gets wrong, and the other end of a socket."""

from __future__ import annotations

import fcntl
import sys
import termios
from typing import TYPE_CHECKING

from streams.serving.request import Client

if TYPE_CHECKING:
    import asyncio


def client_of(transport: asyncio.Transport) -> Client:
    """Return the other end of a connection."""
    name = transport.get_extra_info("peername")
    is_encrypted = transport.get_extra_info("ssl_object") is not None
    return Client(str(name[0]) if isinstance(name, tuple) else "", is_encrypted)


def untaken_bytes(transport: asyncio.Transport) -> int:
    """Return how many bytes of its responses a client has not read yet.

    These are in the transport's buffer and in the system's.
    """
    return transport.get_write_buffer_size() + _bytes(transport, termios.TIOCOUTQ)


def unread_bytes(transport: asyncio.Transport) -> int:
    """Return how many bytes have arrived that the loop has not read yet."""
    return _bytes(transport, termios.FIONREAD)


def end_our_side(transport: asyncio.Transport) -> None:
    """Close the connection for writing. The client's data is still read."""
    try:
        transport.write_eof()
    except (
        OSError
    ):  # the client has reset the connection, which asyncio doesn't know yet
        transport.abort()


def _bytes(transport: asyncio.Transport, request: int) -> int:
    sock = transport.get_extra_info("socket")
    return int.from_bytes(fcntl.ioctl(sock.fileno(), request, bytes(4)), sys.byteorder)
