"""Count tracked users as ingest does: `python -m bench.load.tracked_users`.

Prints, as JSON, what an event costs in the request, what a person costs when a process stores
what it collected, and how far the count of a million events is from the exact one.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from itertools import batched, count
from random import Random

import django

django.setup()

from streams.base.clock import now  # noqa: E402 - needs the app registry
from streams.events.models import Feed  # noqa: E402
from streams.tracked_users.counter import TrackedUserCounter, month_of  # noqa: E402
from streams.tracked_users.figures import months_of  # noqa: E402
from streams.tracked_users.kinds import SeenIds  # noqa: E402
from streams.tracked_users.models import TrackedUsers  # noqa: E402
from streams.tracked_users.store import TrackedUserFlusher  # noqa: E402

BATCH, PEOPLE = 100, 100_000
EVENTS, OF_PEOPLE = 1_000_000, 300_000


def main() -> None:
    TrackedUsers.objects.all().delete()
    feeds = list(Feed.objects.order_by("pk").values_list("pk", flat=True))
    counter = TrackedUserCounter()
    flusher = TrackedUserFlusher(counter)
    ids = [f"user-{n:032x}" for n in range(PEOPLE)]
    began = time.perf_counter()
    for some, number in zip(batched(ids, BATCH), count()):
        _collect(counter, feeds[number % len(feeds)], some)
    collected = time.perf_counter()
    flusher.flush()
    stored = time.perf_counter()
    figures = {
        "tracked_users_event_us": (collected - began) / PEOPLE * 1e6,
        "tracked_users_stored_us": (stored - collected) / PEOPLE * 1e6,
        "tracked_users_error_percent": _error(counter, flusher, feeds[0]),
    }
    json.dump(figures, sys.stdout)


def _error(
    counter: TrackedUserCounter, flusher: TrackedUserFlusher, feed_id: int
) -> float:
    """Return the difference from the exact count in percent, in another month."""
    random, at = Random(), now() - timedelta(days=40)
    exact: set[str] = set()
    for _ in range(EVENTS // PEOPLE):
        people = [f"person-{random.randrange(OF_PEOPLE)}" for _ in range(PEOPLE)]
        exact.update(people)
        seen = SeenIds()
        for one in people:
            seen.add(feed_id, one, "")
        counter.add(seen, at=at)
        flusher.flush()
    month = month_of(at)
    found = months_of([feed_id], [month]).of_all(month).size.people
    return abs(found / len(exact) - 1) * 100


def _collect(counter: TrackedUserCounter, feed_id: int, ids: tuple[str, ...]) -> None:
    seen, at = SeenIds(), now()
    for one in ids:
        seen.add(feed_id, one, "")
    counter.add(seen, at=at)


if __name__ == "__main__":
    main()
