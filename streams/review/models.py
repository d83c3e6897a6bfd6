from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from streams.catalog.stage import Stage


class DecisionQuerySet[Asked: models.Model](models.QuerySet[Asked]):
    """What partners ask of staff, who decide it once."""

    def undecided(self) -> Self:
        """None or one of each stream."""
        return self.filter(decided_at=None)

    def newest_first(self) -> Self:
        return self.order_by("-pk")


class Submission(models.Model):
    """A stream's plan and timeline, as a partner handed them in, and what staff said."""

    class Decision(models.TextChoices):
        APPROVED = "approved", "Approved"
        SENT_BACK = "sent_back", "Sent back"

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="submissions"
    )
    plan_version = models.ForeignKey(
        "streams.PlanVersion", on_delete=models.PROTECT, related_name="+"
    )
    build_on = models.DateField("building starts")
    qa_on = models.DateField("QA starts")
    launch_on = models.DateField("launch")
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
    comment = models.TextField(blank=True, max_length=2000)  # by who decided

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
        return f"Submission of {self.stream}, {self.submitted_at:%Y-%m-%d}"


class LiveRequest(models.Model):
    """A partner's asking that its stream in QA go live, and what staff said."""

    class Decision(models.TextChoices):
        LIVE = "live", "Live"
        NOT_YET = "not_yet", "Not yet"

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
    comment = models.CharField(blank=True, max_length=500)  # by who decided

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
        return f"{self.stream} asks to go live, {self.asked_at:%Y-%m-%d}"


class Suspension(models.Model):
    """A time in which a stream is held, and the stage that it comes back to."""

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="suspensions"
    )
    stage = models.CharField(max_length=10, choices=Stage)  # that it was in
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
        return f"Suspension of {self.stream}, {self.suspended_at:%Y-%m-%d}"
