"""How much of its responses a client has not read yet."""

from __future__ import annotations

import fcntl
import sys
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


def untaken_bytes(transport: asyncio.Transport) -> int:
    """What waits in the transport, and what the system could not hand over yet."""
    sock = transport.get_extra_info("socket")
    queued = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
    return transport.get_write_buffer_size() + int.from_bytes(queued, sys.byteorder)
