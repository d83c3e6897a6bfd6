"""Documents of providers, kept by each process for a few minutes.

Without them, a sign-in would wait for the provider four times, and a slow one would hold a
thread longer. Only what was of use is kept: a configuration that was checked, and keys that a
signature fits.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import Any

KEPT_S = 300.0
MOST = 200  # documents, of up to 64 KB each

type Key = tuple[str, str]  # the provider's ID, and the URL

_kept: OrderedDict[Key, tuple[float, dict[str, Any]]] = OrderedDict()
_lock = Lock()


def kept(provider_id: str, url: str) -> dict[str, Any] | None:
    """Return a document that this process kept less than `KEPT_S` ago."""
    with _lock:
        until, document = _kept.get((provider_id, url), (0.0, None))
    return document if time.monotonic() < until else None


def keep(provider_id: str, url: str, document: dict[str, Any]) -> None:
    """Keep a document. The oldest ones make room."""
    with _lock:
        _kept.pop((provider_id, url), None)
        _kept[provider_id, url] = (time.monotonic() + KEPT_S, document)
        while len(_kept) > MOST:
            _kept.popitem(last=False)


def forget(provider_id: str) -> None:
    """Forget the documents of a provider, which may have changed."""
    with _lock:
        for key in [key for key in _kept if key[0] == provider_id]:
            del _kept[key]
