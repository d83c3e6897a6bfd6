from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from streams.delivery.models import Cursor, Lease

# The maximum time between reading the clock for a request and storing it.
SLACK = timedelta(seconds=5)


def mend() -> None:
    """Repair times that are in the future after a clock was set back.

    Otherwise a stream whose owner died, or events that are due, would wait until the clock
    reaches those times.
    """
    term = timedelta(seconds=settings.LEASE_S)
    # Not released immediately: if the owner is alive, it renews the lease in time.
    Lease.objects.filter(until__gt=Now() + 2 * term).update(until=Now() + term)
    # Without a failure there is no delay, and no failure can have started in the future.
    wrong = Q(failures=0, due_at__gt=Now() + SLACK) | Q(failing_since__gt=Now() + SLACK)
    ahead = Cursor.objects.filter(wrong, held=False, due_at__gt=Now())
    for pk, due_at, true in ahead.values_list("pk", "due_at", Now()):
        Cursor.objects.filter(pk=pk, due_at=due_at).update(due_at=true)
