from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """A launch stage of a stream."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("In review")
    APPROVED = "approved", _("Approved")
    IN_QA = "in_qa", _("QA")
    LIVE = "live", _("Live")
    SUSPENDED = "suspended", _("Suspended")

    @property
    def delivers(self) -> bool:
        """Whether events are delivered to customers' real sources.

        Segment asks partners to wait for its approval before they build
        (segment/partner.md, 1). Until then, only the sandbox and test workspaces are
        delivered to.
        """
        return self in DELIVERING


DELIVERING = frozenset({Stage.APPROVED, Stage.IN_QA, Stage.LIVE})
