"""Erase a person who has one of a hundred events of the first feed:
`python -m bench.load.erasures`.

Prints the number of erased events and the seconds as JSON. Fails if an event of the person
is left, or if another one was erased. PostgreSQL only.
"""

from __future__ import annotations

import json
import sys
from time import monotonic, sleep

import django

django.setup()

from django.db import connection  # noqa: E402 - needs the app registry

from streams.events.erasure.models import Erasure  # noqa: E402
from streams.events.erasure.tombstones import ERASED  # noqa: E402
from streams.events.models import Event, Feed  # noqa: E402
from streams.privacy.requests import request_erasure  # noqa: E402

EVERY_S = 0.2
PERSON = "the-person"
SHARE = 100
# The events are all made of the same texts (bench/load/events.py).
GIVE_TO_PERSON = r"""
UPDATE streams_event SET user_id = %(person)s, payload = convert_to(regexp_replace(
    convert_from(payload, 'UTF8'), '"userId":"user-\d+"', '"userId":"' || %(person)s || '"'),
    'UTF8')
WHERE feed_id = %(feed)s AND seq %% %(share)s = 0
"""


def main() -> None:
    feed = Feed.objects.order_by("pk")[0]
    with connection.cursor() as cursor:
        named = {"person": PERSON, "feed": feed.pk, "share": SHARE}
        cursor.execute(GIVE_TO_PERSON, named)
    began = monotonic()
    erasure = request_erasure(
        feed, origin=Erasure.Origin.COMMAND, user_id=PERSON, actor=None
    )
    while erasure.ended_at is None:
        sleep(EVERY_S)
        erasure.refresh_from_db()
    seconds = monotonic() - began
    erased = Event.objects.filter(feed=feed, type=ERASED)
    left = Event.objects.filter(feed=feed, user_id=PERSON)
    if left.exists() or erased.count() != erasure.last_seq // SHARE:
        sys.exit("The erasure erased too much or too little.")
    json.dump({"events": erasure.events, "seconds": seconds}, sys.stdout)


if __name__ == "__main__":
    main()
