"""Plan templates for common kinds of tools, one importable file each in `templates/`.

Based on what the event sources in Segment's catalog send: the Spec's name of an event if
there is one, else the name that most of these tools use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_noop

from streams.catalog.plans.files.yaml_reader import from_yaml
from streams.catalog.plans.plan import TrackingPlan

FILES = Path(__file__).parent / "templates"
# Title and summary of each, in display order. English: translated where they are shown.
ABOUT = {
    "email": (
        gettext_noop("Email"),
        gettext_noop(
            "Newsletters, campaigns, and transactional email, from delivery to clicks."
        ),
    ),
    "sms-push": (
        gettext_noop("SMS and push"),
        gettext_noop("Text messages, push notifications, and in-app messages."),
    ),
    "live-chat": (
        gettext_noop("Live chat"),
        gettext_noop("Conversations with people or bots, on a website or in an app."),
    ),
    "ecommerce": (
        gettext_noop("E-commerce"),
        gettext_noop("Online shops, from product search to order fulfillment."),
    ),
    "b2b-saas": (
        gettext_noop("B2B SaaS"),
        gettext_noop("Accounts, users, and trials."),
    ),
    "surveys": (
        gettext_noop("Surveys"),
        gettext_noop("Surveys, scores, and reviews: invitations and responses."),
    ),
    "ab-testing": (
        gettext_noop("A/B testing"),
        gettext_noop("Experiments and feature flags: which user sees which variation."),
    ),
    "video": (
        gettext_noop("Video"),
        gettext_noop("Video players: playback, content, ads, and quality."),
    ),
}


@dataclass(frozen=True, slots=True)
class PlanTemplate:
    """A plan to start from. Title and summary are English."""

    id: str
    title: str
    summary: str  # one sentence
    plan: TrackingPlan

    @property
    def names(self) -> list[str]:
        """The names of its events, or the calls of unnamed ones."""
        return [event.name or event.call for event in self.plan.events]

    def added_to(self, plan: TrackingPlan) -> TrackingPlan:
        """Append the template's events that a plan doesn't have yet."""
        there = {(event.call, event.name) for event in plan.events}
        more = [one for one in self.plan.events if (one.call, one.name) not in there]
        return TrackingPlan(events=(*plan.events, *more))


def templates() -> list[PlanTemplate]:
    """Return all templates. The files are read once."""
    return [template(one) for one in ABOUT]


@cache
def template(template_id: str) -> PlanTemplate:
    """Return a template by its ID. Raises KeyError."""
    title, summary = ABOUT[template_id]
    text = (FILES / f"{template_id}.yaml").read_text("utf-8")
    return PlanTemplate(template_id, title, summary, from_yaml(text))
