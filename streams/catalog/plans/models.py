from __future__ import annotations

from django.conf import settings
from django.db import models

from streams.base.clock import now
from streams.catalog.plans.plan import EventPlan, from_json, mark


class PlanVersionQuerySet(models.QuerySet["PlanVersion"]):
    def published(self) -> PlanVersionQuerySet:
        """The newest first."""
        return self.exclude(published_at=None).order_by("-number")

    def draft(self) -> PlanVersionQuerySet:
        """None or one of each stream."""
        return self.filter(published_at=None)


class PlanVersion(models.Model):
    """A stream's event plan: one draft at most is edited, a published one is fixed."""

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="plan_versions"
    )
    number = models.PositiveIntegerField()  # 1, 2, 3 … in each stream
    content = models.JSONField(default=dict)  # plan.to_json
    note = models.CharField(max_length=500, blank=True)  # why, for the change history
    edited_at = models.DateTimeField(default=now)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = PlanVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "number"], name="plan_version_number"
            ),
            models.UniqueConstraint(
                fields=["stream"],
                condition=models.Q(published_at=None),
                name="one_draft_of_a_plan",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream} v{self.number}"

    @property
    def plan(self) -> EventPlan:
        """What it says."""
        return from_json(self.content)

    @property
    def mark(self) -> str:
        """Of what it says; see plan.mark."""
        return mark(self.plan)
