from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from streams.delivery.models import Cursor, Lease

# Requests are written down so much later, at the most, than their moment was read.
SLACK = timedelta(seconds=5)


def mend() -> None:
    """Undo what a clock that was set back has left in the future.

    Else a stream whose owner died, or events that were due at once, would wait for as
    long as the clock was set back.
    """
    term = timedelta(seconds=settings.LEASE_S)
    # Not freed at once: its owner may live, and then it renews it in time.
    Lease.objects.filter(until__gt=Now() + 2 * term).update(until=Now() + term)
    # Without a failure nothing waits, and none can have begun in the future.
    wrong = Q(failures=0, due_at__gt=Now() + SLACK) | Q(failing_since__gt=Now() + SLACK)
    ahead = Cursor.objects.filter(wrong, held=False, due_at__gt=Now())
    for pk, due_at, true in ahead.values_list("pk", "due_at", Now()):
        Cursor.objects.filter(pk=pk, due_at=due_at).update(due_at=true)
