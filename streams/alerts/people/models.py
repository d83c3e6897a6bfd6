from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from streams.alerts.models import Alert, Notice
from streams.alerts.people.digests import Cadence

if TYPE_CHECKING:
    from streams.alerts.queries import AlertQuerySet

ALL_KINDS = ""


class NoticeChoice(models.Model):
    """How a person wants to get notices of a place, by kind and channel.

    A place is a workspace, a partner or, without either, the portal for its operators.

    A row of ALL_KINDS counts for each kind without a row. Without any, the default of the
    person's role counts (people/defaults.py).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    workspace = models.ForeignKey(
        "streams.Workspace",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("workspace"),
    )
    partner = models.ForeignKey(
        "streams.Partner",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("partner"),
    )
    condition = models.CharField(
        _("kind"), max_length=20, choices=Alert.Condition, blank=True
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Notice.Channel)
    cadence = models.CharField(_("when"), max_length=6, choices=Cadence)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        constraints = [
            models.CheckConstraint(
                condition=Q(partner=None) | Q(workspace=None),
                name="choice_of_one_place",
            ),
            models.UniqueConstraint(
                fields=["user", "condition", "channel"],
                condition=Q(partner=None, workspace=None),
                name="one_choice_of_operator",
            ),
            models.UniqueConstraint(
                fields=["user", "workspace", "condition", "channel"],
                condition=Q(partner=None),
                name="one_choice_in_workspace",
            ),
            models.UniqueConstraint(
                fields=["user", "partner", "condition", "channel"],
                condition=Q(workspace=None),
                name="one_choice_in_partner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.condition or '*'}, {self.channel}: {self.cadence}"


class AudienceState(models.Model):
    """Whether someone of an audience takes care of an alert, and its last reminder to them.

    Without a row, no one does, and there was no reminder. One audience doesn't acknowledge an
    alert for another.
    """

    alert = models.ForeignKey(
        Alert,
        on_delete=models.CASCADE,
        db_index=False,  # the constraint has one
        related_name="states",
        verbose_name=_("alert"),
    )
    audience = models.CharField(_("audience"), max_length=10, choices=Notice.Audience)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    reminded_at = models.DateTimeField(_("last reminder"), null=True)

    class Meta:
        verbose_name = _("state of an alert for an audience")
        verbose_name_plural = _("states of alerts for audiences")
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "audience"], name="one_state_of_audience"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id}, {self.audience}"


def unacknowledged(alerts: AlertQuerySet, audience: str) -> AlertQuerySet:
    """Return the alerts that no one of an audience takes care of."""
    done = AudienceState.objects.filter(
        alert=OuterRef("pk"), audience=audience, acknowledged_at__isnull=False
    )
    return alerts.exclude(Exists(done))


class Mute(models.Model):
    """An alert that the people of an audience get no notices about.

    It is in force while its row exists (people/muting.py). One audience doesn't mute another.
    """

    alert = models.ForeignKey(
        Alert,
        on_delete=models.CASCADE,
        db_index=False,  # the constraint has one
        related_name="mutes",
        verbose_name=_("alert"),
    )
    audience = models.CharField(_("audience"), max_length=10, choices=Notice.Audience)
    muted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("muted by"),
    )
    muted_at = models.DateTimeField(_("muted"))
    until = models.DateTimeField(_("until"), null=True)  # None: the alert closes

    class Meta:
        verbose_name = _("mute of an alert")
        verbose_name_plural = _("mutes of alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "audience"], name="one_mute_of_audience"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id}, {self.audience}"
