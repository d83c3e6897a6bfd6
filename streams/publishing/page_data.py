"""Collect the data that a stream's docs pages show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from streams.catalog.pages.models import StreamProfile
from streams.catalog.stage import Stage

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.pages.page_kinds import PageKind
    from streams.catalog.plans.models import PlanVersion
    from streams.catalog.plans.plan import PlannedEvent


MOST_PLANS = 21  # one more than the change history lists, to compare the oldest with


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """The data of a page, loaded once for all of its sections."""

    stream: Stream
    kind: PageKind
    profile: StreamProfile
    plans: list[PlanVersion]  # the newest MOST_PLANS published versions, newest first
    # The URL of this portal; empty: links and images are relative.
    origin: str = ""
    changed_at: datetime | None = None  # when the page was published
    with_pictures: bool = True

    @property
    def events(self) -> tuple[PlannedEvent, ...]:
        """The events of the active plan."""
        return self.plans[0].plan.events if self.plans else ()

    @property
    def is_live(self) -> bool:
        return self.stream.stage == Stage.LIVE


def profile_of(stream: Stream) -> StreamProfile:
    """Return the profile of a stream, or an unsaved empty one."""
    return StreamProfile.objects.filter(stream=stream).first() or StreamProfile(
        stream=stream
    )


def facts_of(
    stream: Stream,
    kind: PageKind,
    *,
    origin: str = "",
    changed_at: datetime | None = None,
    with_pictures: bool = True,
) -> PageData:
    return PageData(
        stream=stream,
        kind=kind,
        profile=profile_of(stream),
        plans=list(stream.plan_versions.published()[:MOST_PLANS]),
        origin=origin,
        changed_at=changed_at,
        with_pictures=with_pictures,
    )
