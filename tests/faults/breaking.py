"""The faults that a portal has to survive, by what they hurt.

Each is a block: broken at its beginning, mended at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db.models import F

from streams.delivery.models import Cursor
from tests.faults import hurting_postgres as postgres
from tests.faults import limits
from tests.faults.leaving import leaving_early
from tests.faults.row_locks import frozen_inside, held
from tests.faults.scene import Fault

if TYPE_CHECKING:
    from tests.faults.deployment import Site

HOUR_S = 3600.0
SLOW_S = 0.4  # for each piece, either way: a wake-up then takes seconds


def fault(name: str, *, losses: int = 0) -> Callable[..., Fault]:
    """Make a fault of a generator that breaks, yields and mends."""
    return lambda breaks: Fault(name, contextmanager(breaks), losses)


# --- Processes ---------------------------------------------------------------------------


def killed(kind: str) -> Fault:
    """kill -9, and started again at once, as a supervisor does."""

    @fault(f"kill -9 of {kind}", losses=1 if kind.startswith("worker") else 0)
    def breaks(site: Site) -> Iterator[None]:
        names = [name for name in site.running if kind in {name, name.split("-")[0]}]
        site.kill(*names)
        yield
        site.start(*names)

    return breaks


@fault("a worker frozen beyond its lease", losses=1)
def frozen(site: Site) -> Iterator[None]:
    for name in site.workers:
        site.freeze(name)
    yield
    for name in site.workers:
        site.thaw(name)


@fault("a worker frozen inside a transaction", losses=2)
def worker_frozen_inside(site: Site) -> Iterator[None]:
    with frozen_inside(site, site.workers, busy_cursor()):
        yield


@fault("ingest frozen inside a transaction", losses=1)
def ingest_frozen_inside(site: Site) -> Iterator[None]:
    with frozen_inside(site, ["ingest"], busy_cursor(of_ingest=True).feed):
        yield


@fault("everything killed at once", losses=1)
def all_killed(site: Site) -> Iterator[None]:
    """Processes, broker and, where it is ours, the database, with kill -9."""
    names = [*site.running]
    site.kill(*names)
    site.broker.kill()
    if site.database:
        postgres.kill(site.database)
    yield
    if site.database:
        site.database.start()
    site.broker.start()
    site.start(*names)


def busy_cursor(*, of_ingest: bool = False) -> Cursor:
    """One that events flow to; `of_ingest`: by the port of ingest (Site.url_for)."""
    cursors = Cursor.objects.select_related("feed", "stream__lease")
    if of_ingest:
        cursors = cursors.annotate(turn=F("feed_id") % 3).exclude(turn=0)
    return cursors.order_by("-position").first()


PROCESSES = [killed(k) for k in ("ingest", "web", "beat", "worker-1", "worker")]


# --- Database ----------------------------------------------------------------------------


@fault("kill -9 of PostgreSQL", losses=1)
def database_killed(site: Site) -> Iterator[None]:
    postgres.kill(site.database)
    yield
    site.database.start()


@fault("PostgreSQL shut down at once", losses=1)
def database_shut_down(site: Site) -> Iterator[None]:
    postgres.shut_down(site.database)
    yield
    site.database.start()


@fault("every database connection cut", losses=1)
def connections_cut(site: Site) -> Iterator[None]:
    postgres.cut_connections()
    yield


@fault("database made read only", losses=1)
def database_read_only(site: Site) -> Iterator[None]:
    with postgres.read_only():
        yield


@fault("disk full", losses=1)
def disk_full(site: Site) -> Iterator[None]:
    with limits.disk_full(site):
        yield


@fault("rows of a feed, a cursor and a lease held by another session", losses=1)
def rows_held(site: Site) -> Iterator[None]:
    cursor = busy_cursor()
    with held(cursor.feed, cursor, cursor.stream.lease):
        yield


@fault("PostgreSQL frozen", losses=1)
def database_frozen(site: Site) -> Iterator[None]:
    postgres.freeze(site.database)
    yield
    postgres.thaw(site.database)


@fault("clients that disconnect early")
def clients_gone(site: Site) -> Iterator[None]:
    with leaving_early(site):
        yield


LOCKS = [worker_frozen_inside, ingest_frozen_inside, rows_held]
HANGS = [all_killed, database_frozen, clients_gone]
DATABASE = [
    database_killed,
    database_shut_down,
    connections_cut,
    database_read_only,
    disk_full,
]


# --- Broker ------------------------------------------------------------------------------


@fault("Redis flushed")
def broker_flushed(site: Site) -> Iterator[None]:
    site.broker.flush()
    yield


@fault("Redis down, then empty")
def broker_down(site: Site) -> Iterator[None]:
    site.broker.kill()
    yield
    site.broker.start()


@fault("connections to Redis cut")
def broker_cut(site: Site) -> Iterator[None]:
    site.broker.way.cut()
    yield


@fault("Redis slow")
def broker_slow(site: Site) -> Iterator[None]:
    site.broker.way.delay_s = SLOW_S
    yield
    site.broker.way.delay_s = 0.0


BROKER = [broker_flushed, broker_down, broker_cut, broker_slow]


# --- Segment -----------------------------------------------------------------------------


def answers(name: str, *rules: dict[str, Any], losses: int = 0) -> Fault:
    """Segment behaves so, as long as it lasts."""

    @fault(f"Segment: {name}", losses=losses)
    def breaks(site: Site) -> Iterator[None]:
        site.segment.behave(*rules)
        yield
        site.segment.behave()

    return breaks


@fault("Segment: its name does not resolve (EU)")
def name_unknown(site: Site) -> Iterator[None]:
    site.resolve()
    yield
    site.resolve_segment()


@fault("Segment: an untrusted certificate (US)", losses=1)
def certificate_bad(site: Site) -> Iterator[None]:
    site.secure.tls = site.certificates.bad
    site.secure.cut()
    yield
    site.secure.tls = site.certificates.good


@fault("Segment: connections cut (US)", losses=1)
def way_cut(site: Site) -> Iterator[None]:
    site.secure.cut()
    yield


SEGMENT = [
    answers("500", {"then": 500}),
    answers("503", {"then": 503}),
    answers("429, Retry-After 2", {"then": {"status": 429, "headers": {"Retry-After": "2"}}}),
    answers("429 without headers", {"then": {"status": 429, "headers": {"Retry-After": None, "X-RateLimit-Reset": None}}}),
    answers("429 above 10 a second", {"above_per_second": 10, "then": 429}),
    answers("hangs", {"then": {"hang_s": 8}}),
    answers("resets", {"then": {"reset": True}}),
    answers("responds byte by byte", {"then": {"drip_s": 2}}),
    answers("unexpected content", {"then": {"body": "<html>It works!</html>", "take": False}}),
    answers("flapping", {"answers": [503, {}, {"reset": True}, {}], "then": "repeat"}),
    answers("one region dead", {"region": "us", "then": {"hang_s": 8}}),
    answers("413 once", {"answers": [413]}),
    answers("a response lost after accepting", {"answers": [{"close": True, "take": True}]}, losses=1),
    answers("hangs during a response", {"answers": [{"hang_in_answer_s": 8}]}, losses=1),
    name_unknown,
    certificate_bad,
    way_cut,
]  # fmt: skip


# --- Clocks ------------------------------------------------------------------------------


def clock(name: str, off_s: float) -> Fault:
    """The clock of every process of that kind jumps, and later back."""

    @fault(f"clock of {name} {off_s / HOUR_S:+.0f} h, and back")
    def breaks(site: Site) -> Iterator[None]:
        names = [n for n in site.running if name in {"all", n.split("-")[0]}]
        for process in names:
            site.set_clock(process, off_s)
        yield
        for process in names:
            site.set_clock(process, 0)

    return breaks


CLOCKS = [clock(n, s) for n in ("worker", "all") for s in (HOUR_S, -HOUR_S)]

ALL: list[Fault] = [
    *PROCESSES,
    frozen,
    *LOCKS,
    *HANGS,
    *DATABASE,
    *BROKER,
    *SEGMENT,
    *CLOCKS,
]
