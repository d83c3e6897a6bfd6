from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.catalog.plans.plan import TrackingPlan, from_json, mark


class PlanVersionQuerySet(models.QuerySet["PlanVersion"]):
    def published(self) -> PlanVersionQuerySet:
        """Return the published versions, newest first."""
        return self.exclude(published_at=None).order_by("-number")

    def draft(self) -> PlanVersionQuerySet:
        """Return the drafts. Each stream has at most one."""
        return self.filter(published_at=None)


class PlanVersion(models.Model):
    """A version of a stream's tracking plan: the one draft, or published and immutable."""

    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.PROTECT,
        related_name="plan_versions",
        verbose_name=_("stream"),
    )
    number = models.PositiveIntegerField(_("version"))  # 1, 2, 3 … in each stream
    content = models.JSONField(default=dict)  # plan.to_json
    note = models.CharField(
        _("note"), max_length=500, blank=True
    )  # shown in the change history
    edited_at = models.DateTimeField(_("edited"), default=now)
    published_at = models.DateTimeField(_("published"), null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("published by"),
    )

    objects = PlanVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("tracking plan version")
        verbose_name_plural = _("tracking plan versions")
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
    def plan(self) -> TrackingPlan:
        """The content as a plan."""
        return from_json(self.content)

    @property
    def mark(self) -> str:
        """The mark of the plan; see plan.mark."""
        return mark(self.plan)
