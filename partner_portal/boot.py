"""How a server of gunicorn ends that must not start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

APP_LOAD_ERROR = 4  # gunicorn's: its master ends too, rather than start another worker


@contextmanager
def booting() -> Iterator[None]:
    """For what refuses to start by an exit of its own, where gunicorn.conf.py was not read."""
    try:
        yield
    except SystemExit as refused:
        if isinstance(refused.code, str):
            sys.stderr.write(f"{refused.code}\n")
        sys.exit(APP_LOAD_ERROR)
