"""Wake workers. Only this module sends them messages.

A message is a hint: the database knows what is due, and the sweep finds within a second
what no worker was woken for. Tasks are sent by name, because `streams.tasks` is above this
package.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

if TYPE_CHECKING:
    from collections.abc import Iterable

log = structlog.get_logger()

# The names of the tasks in streams.tasks.
DRAIN = "streams.drain"
QUARANTINE = "streams.quarantine"
WAITING = "streams.waiting"
EXPORTS = "streams.exports"
UPLOADS = "streams.uploads"
WEBHOOKS = "streams.webhooks"
ERASURES = "streams.erasures"


def wake_after_commit(stream_ids: Iterable[int]) -> None:
    """Wake a worker for each of these streams once the caller's transaction commits.

    Call it where the events become due, in the same transaction. A worker that is woken
    twice finds the stream owned, and returns.
    """
    transaction.on_commit(partial(wake, frozenset(stream_ids)))


def wake_quarantine_after_commit() -> None:
    """Wake a worker for quarantine jobs once the caller's transaction commits."""
    transaction.on_commit(wake_quarantine)


def wake_exports_after_commit() -> None:
    """Wake a worker for exports once the caller's transaction commits."""
    transaction.on_commit(wake_exports)


def wake_uploads_after_commit() -> None:
    """Wake a worker for uploads once the caller's transaction commits."""
    transaction.on_commit(wake_uploads)


def wake_webhooks_after_commit() -> None:
    """Wake a worker for webhook messages once the caller's transaction commits."""
    transaction.on_commit(wake_webhooks)


def wake_erasures_after_commit() -> None:
    """Wake a worker for erasures once the caller's transaction commits."""
    transaction.on_commit(wake_erasures)


def wake(stream_ids: Iterable[int]) -> None:
    """Wake a worker for each of these streams now. Best effort.

    For callers without a transaction: the sweep, and the notifier of an ingest process.
    """
    for stream_id in stream_ids:
        try:
            _send(DRAIN, {"stream_id": stream_id})
        except OperationalError as error:
            log.warning("wake.broker_unreachable", stream=stream_id, error=str(error))
            return


def wake_quarantine() -> None:
    """Wake a worker for quarantine jobs now. Best effort."""
    _wake_for(QUARANTINE)


def wake_waiting() -> None:
    """Wake a worker for events that wait for a link now. Best effort."""
    _wake_for(WAITING)


def wake_exports() -> None:
    """Wake a worker for exports now. Best effort."""
    _wake_for(EXPORTS)


def wake_erasures() -> None:
    """Wake a worker for erasures now. Best effort."""
    _wake_for(ERASURES)


def wake_uploads() -> None:
    """Wake a worker for uploads now. Best effort."""
    _wake_for(UPLOADS)


def wake_webhooks() -> None:
    """Wake a worker for webhook messages now. Best effort."""
    _wake_for(WEBHOOKS)


def _wake_for(task: str) -> None:
    try:
        _send(task, {})
    except OperationalError as error:
        log.warning("wake.broker_unreachable", error=str(error))


def _send(task: str, arguments: dict[str, int]) -> None:
    current_app.send_task(task, kwargs=arguments, ignore_result=True, retry=False)
