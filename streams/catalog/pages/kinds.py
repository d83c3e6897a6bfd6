"""The two pages of a stream, and the parts that the portal prints into them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class Kind(models.TextChoices):
    """The pages that Segment asks of a partner."""

    SOURCE = "source", "Source page"  # what the stream sends into Segment
    INTEGRATION = "integration", "Integration page"  # how the tool is set up


# Of Segment's catalog (partner.md, 1: catalogue data).
CATEGORIES = (
    "A/B Testing", "Advertising", "Analytics", "Attribution", "CRM", "Customer Success",
    "Deep Linking", "Email Marketing", "Enrichment", "Feature Flagging",
    "Heatmaps & Recordings", "Live Chat", "Marketing Automation",
    "Performance Monitoring", "Personalization", "Raw Data", "Referrals",
    "Security & Fraud", "SMS & Push Notifications", "Surveys", "Tag Managers", "Video",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that is printed from the product, and so is never out of date.

    A page says where by a line `{{ name }}`. What a page must have and does not place is
    added at its end, under `heading`.
    """

    name: str
    heading: str
    says: str  # in the editor: what it prints
    needed_on: frozenset[Kind] = frozenset()

    @property
    def directive(self) -> str:
        """The line that stands for it."""
        return f"{{{{ {self.name} }}}}"


_BOTH = frozenset(Kind)
_SOURCE = frozenset({Kind.SOURCE})

PARTS = {
    part.name: part
    for part in (
        Part(
            name="about",
            heading="About",
            says="what the tool does, and who maintains the source",
            needed_on=_BOTH,
        ),
        Part(
            name="connect",
            heading="Getting started",
            says="the steps to find a write key and to paste it here",
            needed_on=_BOTH,
        ),
        Part(
            name="regions",
            heading="Regions",
            says="where events can be sent, with the hosts",
            needed_on=_BOTH,
        ),
        Part(
            name="identity",
            heading="Stream",
            says="the calls, userId and context.integration",
            needed_on=_SOURCE,
        ),
        Part(
            name="events",
            heading="Events",
            says="the events of the published plan",
            needed_on=_SOURCE,
        ),
        Part(
            name="properties",
            heading="Event properties",
            says="the properties of each event",
            needed_on=_SOURCE,
        ),
        Part(name="limits", heading="Limits", says="sizes, rates, how long events are kept"),
        Part(name="retries", heading="Retries", says="what happens when Segment cannot be reached"),
        Part(
            name="troubleshooting",
            heading="Troubleshooting",
            says="what can be wrong with an event, by the id of the rule",
        ),
        Part(name="changes", heading="Changes", says="how the plan changed, version by version"),
        Part(name="support", heading="Support", says="whom to ask for help"),
    )
}  # fmt: skip
