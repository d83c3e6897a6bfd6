"""What asyncio does not say of a connection's socket, or gets wrong."""

from __future__ import annotations

import fcntl
import sys
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


def untaken_bytes(transport: asyncio.Transport) -> int:
    """How much of its responses a client has not read yet: what waits in the transport,
    and what the system could not hand over."""
    return transport.get_write_buffer_size() + _bytes(transport, termios.TIOCOUTQ)


def unread_bytes(transport: asyncio.Transport) -> int:
    """How much arrived that the loop has not read yet."""
    return _bytes(transport, termios.FIONREAD)


def end_our_side(transport: asyncio.Transport) -> None:
    """Send no more; what the other side sends is still read."""
    try:
        transport.write_eof()
    except OSError:  # the other side has reset the connection: asyncio has yet to see
        transport.abort()


def _bytes(transport: asyncio.Transport, request: int) -> int:
    sock = transport.get_extra_info("socket")
    return int.from_bytes(fcntl.ioctl(sock.fileno(), request, bytes(4)), sys.byteorder)
