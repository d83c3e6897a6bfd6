"""Create the tenants of a run: `python -m bench.load.tenants CONNECTIONS KEYS_FILE`.

One partner and one stream with a published plan, and for each connection a workspace, a
feed with an ingest key, and a live cursor. The file gets the keys, as a JSON list.
"""

from __future__ import annotations

import json
import sys
from itertools import batched
from pathlib import Path

import django

django.setup()

from bench.load.events import planned  # noqa: E402 - needs the app registry
from bench.load.keys import ingest_key, write_key  # noqa: E402
from streams.base.clock import now  # noqa: E402
from streams.base.ids import Secret, public_id  # noqa: E402
from streams.catalog.models import Stream  # noqa: E402
from streams.catalog.plans.models import PlanVersion  # noqa: E402
from streams.catalog.plans.plan import to_json  # noqa: E402
from streams.connections.models import Connection  # noqa: E402
from streams.connections.regions import Region  # noqa: E402
from streams.connections.write_keys import WriteKey, seal_write_key  # noqa: E402
from streams.delivery.models import Cursor  # noqa: E402
from streams.events.models import Feed  # noqa: E402
from streams.tenancy.models import Partner, Workspace  # noqa: E402

AT_ONCE = 5_000  # rows in one statement


def main() -> None:
    connections, keys_file = sys.argv[1:]
    partner = Partner.objects.create(name="Postbox", slug="postbox")
    stream = Stream.objects.create(
        partner=partner, name="Postbox", slug="postbox", stage="live"
    )
    PlanVersion.objects.create(
        stream=stream, number=1, content=to_json(planned()), published_at=now()
    )
    keys: list[str] = []
    for numbers in batched(range(int(connections)), AT_ONCE):
        keys += connect(stream, numbers)
    Path(keys_file).write_text(json.dumps(keys))


def connect(stream: Stream, numbers: tuple[int, ...]) -> list[str]:
    """Create connected workspaces with these numbers; return their ingest keys."""
    workspaces = Workspace.objects.bulk_create(
        Workspace(partner=stream.partner, name=f"Customer {n}", external_id=f"c-{n}")
        for n in numbers
    )
    keys = [Secret(ingest_key(n)) for n in numbers]
    feeds = Feed.objects.bulk_create(
        Feed(
            stream=stream,
            workspace=workspace,
            ingest_key_digest=key.digest,
            ingest_key_hint=key.hint,
        )
        for workspace, key in zip(workspaces, keys, strict=True)
    )
    made = Connection.objects.bulk_create(
        _connection(feed, n) for feed, n in zip(feeds, numbers, strict=True)
    )
    Cursor.objects.bulk_create(
        Cursor(connection=c, feed=f, stream=stream, start=0, position=0)
        for c, f in zip(made, feeds, strict=True)
    )
    return [key.text for key in keys]


def _connection(feed: Feed, number: int) -> Connection:
    name, key = public_id(), WriteKey(write_key(number))
    sealed = seal_write_key(key, public_id=name, feed_id=feed.pk)
    return Connection(feed=feed, public_id=name, region=Region.SANDBOX, **sealed)


if __name__ == "__main__":
    main()
