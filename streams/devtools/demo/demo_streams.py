"""The demonstration's streams: one is live, and one waits for an operator's review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

LOGO = Path(__file__).parent / "postbox.svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStream:
    """A stream whose plan is a template and whose docs pages have their initial text."""

    name: str
    slug: str
    template: str  # the ID of the plan template
    plan_note: str
    about: str
    docs_url: str
    category: str
    for_reviewers: str
    # From the submission to the start of development, the start of QA, and the launch.
    days: tuple[timedelta, timedelta, timedelta]

    @property
    def profile(self) -> dict[str, str]:
        """The tool details on the docs pages."""
        return {
            "about": self.about,
            "website": "https://postbox.example/",
            "support_email": "support@postbox.example",
            "docs_url": self.docs_url,
            "category": self.category,
            "catalog_id": "",
        }


LIVE = DemoStream(
    name="Postbox",
    slug="postbox",
    template="email",
    plan_note="Email events, with the names from the Spec.",
    about="Postbox sends newsletters and tracks opens, clicks and unsubscribes.",
    docs_url="https://help.postbox.example/segment",
    category="Email Marketing",
    for_reviewers="Northwind Coffee already uses Postbox, and Fern & Field wants to.",
    days=(timedelta(0), timedelta(0), timedelta(0)),
)
IN_REVIEW = DemoStream(
    name="Postbox Surveys",
    slug="postbox-surveys",
    template="surveys",
    plan_note="One event for each step of a survey, and identify for respondents.",
    about="Postbox Surveys asks readers of a newsletter a few questions, by email or on a page.",
    docs_url="https://help.postbox.example/surveys/segment",
    category="Surveys",
    for_reviewers=(
        "Northwind Coffee starts with the survey after a first order. Its data team has"
        " checked the names of the events. Comments are free text, and the"
        " plan marks them as personal data."
    ),
    days=(timedelta(days=7), timedelta(days=21), timedelta(days=35)),
)
