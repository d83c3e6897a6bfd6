from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.catalog.stage import Stage


class DecisionQuerySet[Asked: models.Model](models.QuerySet[Asked]):
    """Requests of partners that the operator decides once."""

    def undecided(self) -> Self:
        """Return those that wait for a decision: at most one per stream."""
        return self.filter(decided_at=None)

    def newest_first(self) -> Self:
        return self.order_by("-pk")


class Submission(models.Model):
    """A stream's plan and timeline submitted for review, and the operator's decision."""

    class Decision(models.TextChoices):
        APPROVED = "approved", gettext_lazy("Approved")
        SENT_BACK = "sent_back", gettext_lazy("Changes requested")

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="submissions"
    )
    plan_version = models.ForeignKey(
        "streams.PlanVersion", on_delete=models.PROTECT, related_name="+"
    )
    build_on = models.DateField(gettext_lazy("development starts"))
    qa_on = models.DateField(gettext_lazy("QA starts"))
    launch_on = models.DateField(gettext_lazy("launch"))
    notes = models.TextField(blank=True, max_length=2000)
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision = models.CharField(max_length=9, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    comment = models.TextField(blank=True, max_length=2000)  # of decided_by

    objects = DecisionQuerySet["Submission"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stream"],
                condition=Q(decided_at=None),
                name="one_undecided_submission",
            ),
            models.CheckConstraint(
                condition=Q(qa_on__gte=models.F("build_on"))
                & Q(launch_on__gte=models.F("qa_on")),
                name="submission_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return _("Submission of %(stream)s, %(date)s") % {
            "stream": self.stream,
            "date": f"{self.submitted_at:%Y-%m-%d}",
        }


class LiveRequest(models.Model):
    """A partner's request to launch a stream, and the operator's decision."""

    class Decision(models.TextChoices):
        LIVE = "live", gettext_lazy("Launched")
        NOT_YET = "not_yet", gettext_lazy("Declined")

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="live_requests"
    )
    note = models.CharField(blank=True, max_length=500)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision = models.CharField(max_length=7, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    comment = models.CharField(blank=True, max_length=500)  # of decided_by

    objects = DecisionQuerySet["LiveRequest"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stream"],
                condition=Q(decided_at=None),
                name="one_undecided_live_request",
            ),
        ]

    def __str__(self) -> str:
        return _("Launch request for %(stream)s, %(date)s") % {
            "stream": self.stream,
            "date": f"{self.asked_at:%Y-%m-%d}",
        }


class Suspension(models.Model):
    """A period in which a stream is suspended, and the stage that it returns to."""

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="suspensions"
    )
    stage = models.CharField(max_length=10, choices=Stage)  # before
    reason = models.CharField(max_length=500)
    suspended_at = models.DateTimeField()
    resumed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stream"],
                condition=Q(resumed_at=None),
                name="one_open_suspension",
            ),
        ]

    def __str__(self) -> str:
        return _("Suspension of %(stream)s, %(date)s") % {
            "stream": self.stream,
            "date": f"{self.suspended_at:%Y-%m-%d}",
        }
