"""Stops gunicorn's whole server when a process refuses to start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

APP_LOAD_ERROR = 4  # gunicorn's exit code that ends its master too


@contextmanager
def booting() -> Iterator[None]:
    """Turn a refusal to start into an exit with APP_LOAD_ERROR.

    This covers starts of gunicorn without gunicorn.conf.py.
    """
    try:
        yield
    except SystemExit as refused:
        if isinstance(refused.code, str):
            sys.stderr.write(f"{refused.code}\n")
        sys.exit(APP_LOAD_ERROR)
