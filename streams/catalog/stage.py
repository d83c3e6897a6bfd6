from __future__ import annotations

from django.db import models


class Stage(models.TextChoices):
    """How far a stream has come on Segment's way from an idea to a live source."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    APPROVED = "approved", "Approved"
    IN_QA = "in_qa", "In QA"
    LIVE = "live", "Live"
    SUSPENDED = "suspended", "Suspended"

    @property
    def delivers(self) -> bool:
        """Whether its events may go to customers' real sources.

        Begin building only after Segment says yes (segment/partner.md, 1). Until then
        the sandbox and test workspaces alone are delivered to.
        """
        return self in DELIVERING

    @property
    def said(self) -> str:
        """As the end of “It is …”."""
        usual = {Stage.DRAFT: "a draft", Stage.IN_QA: "in QA"}
        return usual.get(self, self.label.lower())


DELIVERING = frozenset({Stage.APPROVED, Stage.IN_QA, Stage.LIVE})
