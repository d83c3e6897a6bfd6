"""Plans to start from: what tools of one kind send. One file each in `templates/`,
as people import and export plans.

Told by what the event sources of Segment's catalogue send: the Spec's names where the
Spec has the event, else those that most of these tools use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from streams.catalog.plans.files.yaml_reading import from_yaml
from streams.catalog.plans.plan import EventPlan

FILES = Path(__file__).parent / "templates"
# Title and summary of each, in the order in which they are offered.
ABOUT = {
    "email": (
        "E-mail",
        "Newsletters, campaigns and transactional mail: what becomes of each message.",
    ),
    "sms-push": (
        "SMS and push",
        "Text messages, push notifications and messages in the app.",
    ),
    "live-chat": (
        "Live chat",
        "Conversations on a website or in an app, with people or a bot.",
    ),
    "ecommerce": (
        "E-commerce",
        "A shop: from the search to the order, and what becomes of it.",
    ),
    "b2b-saas": ("B2B SaaS", "Accounts, the people in them, and trials."),
    "surveys": (
        "Surveys",
        "Surveys, scores and reviews: who was asked, and what they say.",
    ),
    "ab-testing": (
        "A/B testing",
        "Experiments and feature flags: who gets which variation.",
    ),
    "video": (
        "Video",
        "A player: playback, the videos and ads that are seen, and how well they run.",
    ),
}


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
    return [template(one) for one in ABOUT]


@cache
def template(template_id: str) -> Template:
    """One of ABOUT. Raises KeyError for another."""
    title, summary = ABOUT[template_id]
    text = (FILES / f"{template_id}.yaml").read_text("utf-8")
    return Template(template_id, title, summary, from_yaml(text))
