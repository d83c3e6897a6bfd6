"""Plans to start from: what tools of one kind send. One file each in `templates/`.

Told by what the event sources of Segment's catalogue send: the Spec's names where the
Spec has the event, else those that most of these tools use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from streams.catalog.plans.plan import EventPlan, from_json

FILES = Path(__file__).parent / "templates"
# In the order in which they are offered.
IDS = (
    "email", "sms-push", "live-chat", "ecommerce", "b2b-saas", "surveys", "ab-testing",
    "video",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """A plan to start from."""

    id: str
    title: str
    summary: str  # one sentence
    plan: EventPlan

    @property
    def names(self) -> list[str]:
        """Of its events; of a call that has no name, the call."""
        return [event.name or event.call for event in self.plan.events]

    def added_to(self, plan: EventPlan) -> EventPlan:
        """The plan, and after its events those that it does not have yet."""
        there = {(event.call, event.name) for event in plan.events}
        more = [one for one in self.plan.events if (one.call, one.name) not in there]
        return EventPlan(events=(*plan.events, *more))


def templates() -> list[Template]:
    """All of them. The files are read once."""
    return [template(one) for one in IDS]


@cache
def template(template_id: str) -> Template:
    """One of IDS. Raises KeyError for another."""
    if template_id not in IDS:
        raise KeyError(template_id)
    content = yaml.safe_load((FILES / f"{template_id}.yaml").read_text("utf-8"))
    title, summary = content.pop("title"), content.pop("summary")
    return Template(template_id, title, summary, from_json(content))
