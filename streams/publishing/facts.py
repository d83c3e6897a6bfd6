"""What the portal knows of a stream, as far as its docs tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from streams.catalog.pages.models import StreamProfile
from streams.catalog.stage import Stage

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.pages.kinds import Kind
    from streams.catalog.plans.models import PlanVersion
    from streams.catalog.plans.plan import PlannedEvent


MOST_PLANS = 21  # one more than the change history tells of: to know what came before


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Read once for a page, whichever parts are printed of it."""

    stream: Stream
    kind: Kind
    profile: StreamProfile
    plans: list[PlanVersion]  # the newest MOST_PLANS that are published, newest first
    # Where this portal is; empty: links and pictures lead from wherever the page is.
    origin: str = ""
    changed_at: datetime | None = None  # when the page was published
    with_pictures: bool = True

    @property
    def events(self) -> tuple[PlannedEvent, ...]:
        """Of the plan in force."""
        return self.plans[0].plan.events if self.plans else ()

    @property
    def is_live(self) -> bool:
        return self.stream.stage == Stage.LIVE


def profile_of(stream: Stream) -> StreamProfile:
    """What is said of the stream; an empty one, not saved, where nothing was."""
    return StreamProfile.objects.filter(stream=stream).first() or StreamProfile(
        stream=stream
    )


def facts_of(
    stream: Stream,
    kind: Kind,
    *,
    origin: str = "",
    changed_at: datetime | None = None,
    with_pictures: bool = True,
) -> Facts:
    return Facts(
        stream=stream,
        kind=kind,
        profile=profile_of(stream),
        plans=list(stream.plan_versions.published()[:MOST_PLANS]),
        origin=origin,
        changed_at=changed_at,
        with_pictures=with_pictures,
    )
