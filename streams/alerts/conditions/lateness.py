"""When events of a workspace are late, as its editors and admins choose."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from streams.audit.changes import changed_values
from streams.audit.services import record
from streams.tenancy.members import lock_place
from streams.tenancy.models import Workspace

if TYPE_CHECKING:
    from streams.tenancy.models import User

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=1)
MINUTE = timedelta(minutes=1)


class OutOfBounds(ValueError):
    """The duration is shorter than SHORTEST or longer than LONGEST."""


@transaction.atomic
def set_late_after(*, workspace: Workspace, late_after: timedelta, actor: User) -> None:
    """Set for how long the oldest event that is due may be queued before an alert opens.

    An open alert closes if its event is no longer late. Raises OutOfBounds, PlaceRemoved.
    """
    if not SHORTEST <= late_after <= LONGEST:
        raise OutOfBounds
    lock_place(workspace)
    rows = Workspace.objects.filter(pk=workspace.pk)
    before = rows.values_list("late_after", flat=True).get()
    rows.update(late_after=late_after)
    workspace.late_after = late_after
    if before != late_after:
        minutes = late_after // MINUTE
        record(
            "workspace.late_after",
            actor=actor,
            workspace=workspace,
            minutes=minutes,
            **changed_values({"minutes": before // MINUTE}, {"minutes": minutes}),
        )
