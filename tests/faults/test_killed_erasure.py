"""A worker is killed while it erases a person: nothing of the person is left, all else is."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from django.db import connection, transaction

from streams.base.clock import now
from streams.delivery.models import Cursor
from streams.events.erasure.models import Erasure
from streams.events.erasure.tombstones import ERASED
from streams.events.models import Event, QuarantinedEvent
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import Link, OriginKind
from streams.observability.reconcile import inconsistencies
from streams.privacy.requests import request_erasure
from tests import factories
from tests.portal_processes import RunningPortal, until

pytestmark = [pytest.mark.processes]

ROUNDS, OTHERS, THEIRS = (
    20,
    3_600,
    400,
)  # 80,000 events in two feeds, 8,000 of the person
IN_FEED = ROUNDS // 2 * THEIRS  # events of the person
USER_ID, EMAIL = "ada-lovelace-1815", "ada.lovelace@example.com"
NAMES = (USER_ID, "ada.lovelace")
KILLS = 3  # fewer if a fast machine is done before


def stored() -> list[Cursor]:
    """The live cursors of two feeds that have sent half of their events."""
    cursors = [factories.cursor(factories.connection()) for _ in range(2)]
    for cursor in cursors:
        feed = cursor.feed
        with transaction.atomic():  # one commit, for speed
            for _ in range(ROUNDS // 2):
                factories.append(feed, OTHERS, now=now(), userId="charles")
                factories.append(feed, THEIRS // 2, now=now(), userId=USER_ID)
                traits = {"traits": {"email": EMAIL.title()}}
                factories.append(
                    feed,
                    THEIRS // 2,
                    now=now(),
                    userId=None,
                    anonymousId="a",
                    context=traits,
                )
            factories.delivered(cursor, feed.head_seq // 2, now=now())
    return cursors


def set_aside(cursor: Cursor) -> None:
    """Put events of the person and of another one into quarantine, and link the person."""
    feed = cursor.feed
    factories.quarantined(feed, 300, now=now(), userId=USER_ID)
    factories.quarantined(feed, 300, now=now(), userId="charles")
    email = Identifier(IdentifierKind.EMAIL, EMAIL)
    fact = IdentityFact(USER_ID, (email,), now(), Origin(OriginKind.API))
    learn(feed.pk, [fact])


def of_others() -> str:
    """Return a digest of all rows of events that aren't the person's."""
    found = hashlib.sha256()
    for model, order in ((Event, ("feed", "seq")), (QuarantinedEvent, ("pk",))):
        rows = model.objects.filter(user_id="charles").order_by(*order)
        for row in rows.values_list().iterator(5_000):
            plain = [bytes(v) if isinstance(v, memoryview) else v for v in row]
            found.update(repr(plain).encode())
    return found.hexdigest()


def requested(cursors: list[Cursor]) -> list[Erasure]:
    """Request the person's erasure in both feeds, and in the second one by email, too."""
    email = Identifier(IdentifierKind.EMAIL, EMAIL)
    by = {"origin": Erasure.Origin.PAGE, "actor": None}
    return [
        *(request_erasure(c.feed, user_id=USER_ID, **by) for c in cursors),
        request_erasure(cursors[1].feed, identifiers=[email], **by),
    ]


def test_killing_workers_leaves_nothing_of_the_person_and_everything_of_others(
    portal: RunningPortal, tmp_path
):
    cursors = stored()
    set_aside(cursors[0])
    before, heads = of_others(), [cursor.feed.head_seq for cursor in cursors]
    assert leftovers() == set(NAMES)

    erasures = requested(cursors)
    portal.beat()
    kills = 0
    while kills < KILLS and not is_over():
        worker = portal.worker(VAR_DIR=str(tmp_path))
        searched = progress()
        until(lambda then=searched: progress() > then or is_over())
        kills += not is_over()
        portal.kill(worker)
    portal.worker(VAR_DIR=str(tmp_path))
    until(is_over)
    until(lambda: not Cursor.objects.exclude(due_at=None).exists())
    portal.stop()

    assert kills
    for erasure in erasures:
        erasure.refresh_from_db()
    assert (erasures[0].quarantined, erasures[0].links) == (300, 1)
    assert [one.events for one in erasures] == [IN_FEED, IN_FEED // 2, IN_FEED // 2]
    assert Event.objects.filter(type=ERASED).count() == 2 * IN_FEED
    assert not Link.objects.exists()
    assert of_others() == before
    for cursor, head in zip(cursors, heads, strict=True):
        cursor.feed.refresh_from_db()
        assert (cursor.feed.head_seq, inconsistencies(cursor.feed)) == (head, [])
    assert leftovers() == set()
    log = portal.log.read_text().lower()
    assert not [name for name in NAMES if name in log]


def progress() -> int:
    return sum(Erasure.objects.values_list("position", flat=True))


def is_over() -> bool:
    return not Erasure.objects.filter(ended_at=None).exists()


def leftovers() -> set[str]:
    """Return which of NAMES the files of the database have, once they are rewritten."""
    content = sqlite_files() if connection.vendor == "sqlite" else postgres_files()
    return {name for name in NAMES if any(name.encode() in one for one in content)}


def sqlite_files() -> list[bytes]:
    with connection.cursor() as sql:
        sql.execute("VACUUM")
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = Path(connection.settings_dict["NAME"])
    files = [file, *file.parent.glob(f"{file.name}-*")]
    # In another process: closing one of these files here would drop SQLite's locks.
    read = subprocess.run(["cat", *files], capture_output=True, check=True)
    return [read.stdout.lower()]


def postgres_files() -> list[bytes]:
    relations = (
        "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
        " WHERE relkind IN ('r', 'i', 't', 'm') AND pg_relation_filepath(oid) IS NOT NULL"
        " AND NOT relisshared"
    )
    with connection.cursor() as sql:
        sql.execute("VACUUM FULL")
        sql.execute("CHECKPOINT")
        sql.execute(relations)
        return [bytes(content).lower() for (content,) in sql.fetchall()]
