"""Decisions about quarantined events: release, rename, discard.

A decision creates jobs, which delivery/quarantine_jobs.py works on. They process exactly the
events that the person saw counted: a job covers a range of a feed's IDs, and events that
arrive later have higher IDs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.base.ids import public_id
from streams.delivery.wake import wake_quarantine_after_commit
from streams.events.models import Feed, QuarantinedEvent, QuarantineJob
from streams.events.quarantine import QuarantineCount, QuarantineFilter, counts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from streams.tenancy.models import User

MAX_NAME = 200  # characters, like the column
MOST_IDS = 1_000  # selected one by one
MOST_BETWEEN = 10_000  # other events between them that are read to join them to ranges

Action = QuarantineJob.Action


class NothingQuarantined(Exception):
    """No event in quarantine matches."""


class CannotRename(Exception):
    """The new name is invalid or the same as the old one."""


class CountChanged(Exception):
    """Other events match than those that the person saw."""


@transaction.atomic
def decide(
    *,
    feeds: Sequence[Feed],
    held: QuarantineFilter,
    action: Action,
    actor: User | None,
    new_name: str = "",
    counted: int | None = None,
) -> str:
    """Create the jobs for the matching events; return the ID of the order.

    `counted`: how many events the person saw. Wakes a worker; a discard starts after
    TIME_TO_UNDO. Raises NothingQuarantined, CannotRename, CountChanged.
    """
    if action == Action.RENAME:
        _check_names(held.name, new_name)
        held = replace(held, type="track")
    order, by_id = public_id(), {feed.pk: feed for feed in feeds}
    found = _found(list(by_id), held, counted)
    jobs = [
        QuarantineJob(
            order=order,
            feed=by_id[one.feed_id],
            action=action,
            rule=held.rule,
            name=held.name,
            new_name=new_name if action == Action.RENAME else "",
            events=one.events,
            position=one.first_id - 1,
            last_id=one.last_id,
            requested_by=actor,
            requested_at=Now(),
        )
        for one in found
    ]
    QuarantineJob.objects.bulk_create(jobs)
    _note(jobs, actor)
    wake_quarantine_after_commit()
    return order


@transaction.atomic
def stop(*, order: str, feeds: Collection[Feed], actor: User | None) -> int:
    """End what is left of an order; return the number of events that stay in quarantine.

    Events that were released or discarded already are not affected.
    """
    open_jobs = QuarantineJob.objects.filter(
        order=order, feed__in=feeds, ended_at=None
    ).select_related("feed__stream", "feed__workspace__partner")
    left: dict[Feed, int] = defaultdict(int)
    jobs = list(open_jobs.select_for_update(of=("self",)).order_by("pk"))
    for job in jobs:
        left[job.feed] += job.left
    QuarantineJob.objects.filter(pk__in=[job.pk for job in jobs]).update(ended_at=now())
    for feed, events in left.items():
        record(
            "quarantine.stopped",
            actor=actor,
            workspace=feed.workspace,
            stream=feed.stream.slug,
            order=order,
            events=events,
        )
    return sum(left.values())


def _found(
    feed_ids: Sequence[int], held: QuarantineFilter, counted: int | None
) -> list[QuarantineCount]:
    found = list(_ranges(feed_ids, held))
    if not found:
        raise NothingQuarantined(_("These events are no longer in quarantine."))
    if counted is not None and counted != sum(one.events for one in found):
        raise CountChanged(
            _("The number of matching events has changed. Check it again.")
        )
    return found


def _ranges(
    feed_ids: Sequence[int], held: QuarantineFilter
) -> Iterable[QuarantineCount]:
    """Return ranges of IDs in which exactly the matching events match rule and name."""
    if held.ids is None:
        return counts(feed_ids, held)
    chosen: dict[int, list[int]] = defaultdict(list)
    rows = held.of(feed_ids).order_by("feed", "pk").values_list("feed", "pk")
    for feed_id, pk in rows[:MOST_IDS]:
        chosen[feed_id].append(pk)
    return [one for feed_id, ids in chosen.items() for one in _runs(feed_id, ids)]


def _runs(feed_id: int, ids: Sequence[int]) -> Iterator[QuarantineCount]:
    """Join neighbors, in order, because a job for each event would take long."""
    rows = QuarantinedEvent.objects.filter(feed=feed_id, pk__range=(ids[0], ids[-1]))
    present = list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_BETWEEN])
    place = {pk: number for number, pk in enumerate(present)}
    run = [ids[0]]
    for before, pk in pairwise(ids):
        if before in place and place.get(pk) == place[before] + 1:
            run.append(pk)
        else:
            yield QuarantineCount(feed_id, len(run), run[0], run[-1])
            run = [pk]
    yield QuarantineCount(feed_id, len(run), run[0], run[-1])


def _check_names(name: str, new_name: str) -> None:
    if not name:
        raise CannotRename(_("Select one event name to rename."))
    if not new_name.strip() or len(new_name) > MAX_NAME or "\0" in new_name:
        raise CannotRename(
            _("Enter a new name of 1 to %(most)s characters.") % {"most": MAX_NAME}
        )
    if new_name == name:
        raise CannotRename(_("Enter a name that is different from the current one."))


def _note(jobs: Sequence[QuarantineJob], actor: User | None) -> None:
    """Record an order, once for each feed."""
    for feed, own in groupby(jobs, key=lambda job: job.feed):
        of_feed = list(own)
        record(
            f"quarantine.{of_feed[0].action}",
            actor=actor,
            workspace=feed.workspace,
            stream=feed.stream.slug,
            order=of_feed[0].order,
            events=sum(job.events for job in of_feed),
            rule=of_feed[0].rule,
            name=of_feed[0].name,
            new_name=of_feed[0].new_name,
        )
