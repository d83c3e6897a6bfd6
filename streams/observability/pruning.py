"""All that a run of `prune` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.delivery import pruning
from streams.observability.findings.forgetting import forget

if TYPE_CHECKING:
    from datetime import datetime


def prune(*, now: datetime) -> pruning.Pruned:
    """What the log and deliveries are done with, and counts of findings."""
    done = pruning.prune(now=now)
    done.rows["findings"] += forget(now)
    return done
