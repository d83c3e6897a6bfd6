"""The two docs pages of a stream, and the sections that the portal generates in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class PageKind(models.TextChoices):
    """The pages that Segment requires from a partner."""

    SOURCE = "source", _("Source page")  # what the stream sends to Segment
    INTEGRATION = "integration", _("Integration page")  # how to set up the tool


# The categories of Segment's catalog (partner.md, 1).
CATEGORIES = (
    "A/B Testing", "Advertising", "Analytics", "Attribution", "CRM", "Customer Success",
    "Deep Linking", "Email Marketing", "Enrichment", "Feature Flagging",
    "Heatmaps & Recordings", "Live Chat", "Marketing Automation",
    "Performance Monitoring", "Personalization", "Raw Data", "Referrals",
    "Security & Fraud", "SMS & Push Notifications", "Surveys", "Tag Managers", "Video",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedSection:
    """A section that the portal generates and keeps up to date.

    A line `{{ name }}` places it. Required sections that a page doesn't place are added at
    its end, under `heading`.
    """

    name: str
    heading: str  # English, like the page
    description: StrPromise  # its content, for the editor
    needed_on: frozenset[PageKind] = frozenset()

    @property
    def directive(self) -> str:
        """The line that places it."""
        return f"{{{{ {self.name} }}}}"


_BOTH = frozenset(PageKind)
_SOURCE = frozenset({PageKind.SOURCE})

PARTS = {
    part.name: part
    for part in (
        GeneratedSection(
            name="about",
            heading="About",
            description=_("The purpose of the tool and the maintainer of the source."),
            needed_on=_BOTH,
        ),
        GeneratedSection(
            name="connect",
            heading="Getting started",
            description=_("The steps to find the write key and connect."),
            needed_on=_BOTH,
        ),
        GeneratedSection(
            name="regions",
            heading="Regions",
            description=_("The regions and their hosts."),
            needed_on=_BOTH,
        ),
        GeneratedSection(
            name="identity",
            heading="Stream",
            description=_("The calls, userId, and context.integration."),
            needed_on=_SOURCE,
        ),
        GeneratedSection(
            name="events",
            heading="Events",
            description=_("The events of the published plan."),
            needed_on=_SOURCE,
        ),
        GeneratedSection(
            name="properties",
            heading="Event properties",
            description=_("The properties of each event."),
            needed_on=_SOURCE,
        ),
        GeneratedSection(name="limits", heading="Limits", description=_("Sizes, rates, and retention.")),
        GeneratedSection(name="retries", heading="Retries", description=_("The retry policy if Segment can't be reached.")),
        GeneratedSection(
            name="troubleshooting",
            heading="Troubleshooting",
            description=_("Common problems, and all rules that events are checked against."),
        ),
        GeneratedSection(name="changes", heading="Changes", description=_("The changes of the plan by version.")),
        GeneratedSection(name="support", heading="Support", description=_("Where to get help.")),
    )
}  # fmt: skip
