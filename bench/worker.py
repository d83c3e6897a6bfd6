"""The worker's application without a budget: `celery --app=bench.worker worker`.

For the rows that ask what the machine could do if Segment had no limit.
"""

from __future__ import annotations

from functools import partial

from partner_portal.celery import app
from streams.delivery import budget

# The drain is imported later, with Celery's tasks, and finds this one.
budget.Budget = partial(budget.Budget, limit=1_000_000, gap_s=0.0)

__all__ = ["app"]
