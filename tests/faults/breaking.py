"""The faults that a portal has to survive, by what they hurt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.faults.scene import Fault

if TYPE_CHECKING:
    from tests.faults.site import Site


def killed(*kinds: str) -> Fault:
    """kill -9, and started again at once, as a supervisor does."""

    @contextmanager
    def breaks(site: Site) -> Iterator[None]:
        names = [n for n in site.running if n.rpartition("-")[0] in kinds or n in kinds]
        site.kill(*names)
        yield
        site.start(*names)

    losses = 1 if any(kind.startswith("worker") for kind in kinds) else 0
    return Fault(f"kill -9: {', '.join(kinds)}", breaks, losses)


PROCESSES = [
    killed("ingest"),
    killed("web"),
    killed("beat"),
    killed("worker-1"),
    killed("worker"),  # all of them
]
