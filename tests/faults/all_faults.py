"""The faults that a portal has to survive, grouped by what they affect.

Each is a context manager: the fault starts at its beginning and ends at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db.models import F

from streams.delivery.models import Cursor
from tests.faults import full_disk
from tests.faults import postgres_faults as postgres
from tests.faults.disconnecting_clients import leaving_early
from tests.faults.experiment import Fault
from tests.faults.row_locks import frozen_inside, held

if TYPE_CHECKING:
    from tests.faults.deployment import Deployment

HOUR_S = 3600.0
SLOW_S = 0.4  # for each piece, in both directions: a wake-up then takes seconds


def fault(name: str, *, losses: int = 0) -> Callable[..., Fault]:
    """Turn a generator that starts a fault, yields and ends it into a fault."""
    return lambda breaks: Fault(name, contextmanager(breaks), losses)


# --- Processes ---------------------------------------------------------------------------


def killed(kind: str) -> Fault:
    """Send kill -9 and start the process again at once, as a supervisor does."""

    @fault(f"kill -9 of {kind}", losses=1 if kind.startswith("worker") else 0)
    def breaks(deployment: Deployment) -> Iterator[None]:
        names = [
            name for name in deployment.running if kind in {name, name.split("-")[0]}
        ]
        deployment.kill(*names)
        yield
        deployment.start(*names)

    return breaks


@fault("a worker frozen beyond its lease", losses=1)
def frozen(deployment: Deployment) -> Iterator[None]:
    for name in deployment.workers:
        deployment.freeze(name)
    yield
    for name in deployment.workers:
        deployment.thaw(name)


@fault("a worker frozen inside a transaction", losses=2)
def worker_frozen_inside(deployment: Deployment) -> Iterator[None]:
    with frozen_inside(deployment, deployment.workers, busy_cursor()):
        yield


@fault("ingest frozen inside a transaction", losses=1)
def ingest_frozen_inside(deployment: Deployment) -> Iterator[None]:
    with frozen_inside(deployment, ["ingest"], busy_cursor(of_ingest=True).feed):
        yield


@fault("everything killed at once", losses=1)
def all_killed(deployment: Deployment) -> Iterator[None]:
    """Send kill -9 to all processes, the broker and, if it is ours, the database."""
    names = [*deployment.running]
    deployment.kill(*names)
    deployment.broker.kill()
    if deployment.database:
        postgres.kill(deployment.database)
    yield
    if deployment.database:
        deployment.database.start()
    deployment.broker.start()
    deployment.start(*names)


def busy_cursor(*, of_ingest: bool = False) -> Cursor:
    """Return the busiest cursor, or with `of_ingest` the busiest of the ingest port."""
    cursors = Cursor.objects.select_related("feed", "stream__lease")
    if of_ingest:
        cursors = cursors.annotate(turn=F("feed_id") % 3).exclude(turn=0)
    return cursors.order_by("-position").first()


PROCESSES = [killed(k) for k in ("ingest", "web", "beat", "worker-1", "worker")]


# --- Database ----------------------------------------------------------------------------


@fault("kill -9 of PostgreSQL", losses=1)
def database_killed(deployment: Deployment) -> Iterator[None]:
    postgres.kill(deployment.database)
    yield
    deployment.database.start()


@fault("PostgreSQL shut down at once", losses=1)
def database_shut_down(deployment: Deployment) -> Iterator[None]:
    postgres.shut_down(deployment.database)
    yield
    deployment.database.start()


@fault("every database connection cut", losses=1)
def connections_cut(deployment: Deployment) -> Iterator[None]:
    postgres.cut_connections()
    yield


@fault("database made read only", losses=1)
def database_read_only(deployment: Deployment) -> Iterator[None]:
    with postgres.read_only():
        yield


@fault("disk full", losses=1)
def disk_full(deployment: Deployment) -> Iterator[None]:
    with full_disk.disk_full(deployment):
        yield


@fault("rows of a feed, a cursor and a lease held by another session", losses=1)
def rows_held(deployment: Deployment) -> Iterator[None]:
    cursor = busy_cursor()
    with held(cursor.feed, cursor, cursor.stream.lease):
        yield


@fault("PostgreSQL frozen", losses=1)
def database_frozen(deployment: Deployment) -> Iterator[None]:
    postgres.freeze(deployment.database)
    yield
    postgres.thaw(deployment.database)


@fault("clients that disconnect early")
def clients_gone(deployment: Deployment) -> Iterator[None]:
    with leaving_early(deployment):
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
def broker_flushed(deployment: Deployment) -> Iterator[None]:
    deployment.broker.flush()
    yield


@fault("Redis down, then empty")
def broker_down(deployment: Deployment) -> Iterator[None]:
    deployment.broker.kill()
    yield
    deployment.broker.start()


@fault("connections to Redis cut")
def broker_cut(deployment: Deployment) -> Iterator[None]:
    deployment.broker.proxy.cut()
    yield


@fault("Redis slow")
def broker_slow(deployment: Deployment) -> Iterator[None]:
    deployment.broker.proxy.delay_s = SLOW_S
    yield
    deployment.broker.proxy.delay_s = 0.0


BROKER = [broker_flushed, broker_down, broker_cut, broker_slow]


# --- Segment -----------------------------------------------------------------------------


def segment_fault(name: str, *rules: dict[str, Any], losses: int = 0) -> Fault:
    """Segment behaves this way while the fault lasts."""

    @fault(f"Segment: {name}", losses=losses)
    def breaks(deployment: Deployment) -> Iterator[None]:
        with deployment.scripted(*rules):
            yield

    return breaks


@fault("Segment: its name does not resolve (EU)")
def name_unknown(deployment: Deployment) -> Iterator[None]:
    deployment.resolve()
    yield
    deployment.resolve_segment()


@fault("Segment: an untrusted certificate (US)", losses=1)
def certificate_bad(deployment: Deployment) -> Iterator[None]:
    deployment.secure.tls = deployment.certificates.bad
    deployment.secure.cut()
    yield
    deployment.secure.tls = deployment.certificates.good


@fault("Segment: connections cut (US)", losses=1)
def segment_connections_cut(deployment: Deployment) -> Iterator[None]:
    deployment.secure.cut()
    yield


SEGMENT = [
    segment_fault("500", {"then": 500}),
    segment_fault("503", {"then": 503}),
    segment_fault("429, Retry-After 2", {"then": {"status": 429, "headers": {"Retry-After": "2"}}}),
    segment_fault("429 without headers", {"then": {"status": 429, "headers": {"Retry-After": None, "X-RateLimit-Reset": None}}}),
    segment_fault("429 above 10 a second", {"above_per_second": 10, "then": 429}),
    segment_fault("hangs", {"then": {"hang_s": 8}}),
    segment_fault("resets", {"then": {"reset": True}}),
    segment_fault("responds byte by byte", {"then": {"drip_s": 2}}),
    segment_fault("unexpected content", {"then": {"body": "<html>It works!</html>", "take": False}}),
    segment_fault("flapping", {"answers": [503, {}, {"reset": True}, {}], "then": "repeat"}),
    segment_fault("one region dead", {"region": "us", "then": {"hang_s": 8}}),
    segment_fault("413 once", {"answers": [413]}),
    segment_fault("a response lost after accepting", {"answers": [{"close": True, "take": True}]}, losses=1),
    segment_fault("hangs during a response", {"answers": [{"hang_in_answer_s": 8}]}, losses=1),
    name_unknown,
    certificate_bad,
    segment_connections_cut,
]  # fmt: skip


# --- Clocks ------------------------------------------------------------------------------


def clock(name: str, off_s: float) -> Fault:
    """The clock of every process of that kind jumps, and later back."""

    @fault(f"clock of {name} {off_s / HOUR_S:+.0f} h, and back")
    def breaks(deployment: Deployment) -> Iterator[None]:
        names = [n for n in deployment.running if name in {"all", n.split("-")[0]}]
        for process in names:
            deployment.set_clock(process, off_s)
        yield
        for process in names:
            deployment.set_clock(process, 0)

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
