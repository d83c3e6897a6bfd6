from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.alerts.people.notice import Notice
from streams.alerts.queries import AlertQuerySet

__all__ = ["Alert", "Notice"]


class Alert(models.Model):
    """A condition of something, its subject, that lasted longer than its hold time.

    The foreign keys say what the subject belongs to, as far as it does, for lists and notices.
    """

    class Condition(models.TextChoices):
        ATTENTION = "attention", _("Delivery stopped")
        RETRYING = "retrying", _("Segment isn't accepting events")
        LATE = "late", _("Events are delivered late")
        KEY_UNKNOWN = "key_unknown", _("Write key not recognized")
        EXPIRING_WEEK = "expiring_week", _("Events expire within a week")
        EXPIRING_DAY = "expiring_day", _("Events expire within a day")
        QUARANTINE = "quarantine", _("Events are in quarantine")
        ISSUES = "issues", _("Many events have errors")
        VOLUME_STOPPED = "volume_stopped", _("No events arrive")
        VOLUME_JUMPED = "volume_jumped", _("Far more events arrive than usual")
        REPLAY_FINISHED = "replay_finished", _("Replay completed")
        REPLAY_STOPPED = "replay_stopped", _("Replay stopped")
        HALTED = "halted", _("Delivery halted by the operator")
        STAGE = "stage", _("Launch stage changed")
        TOKEN_EXPIRING = "token_expiring", _("API token expires soon")
        KEY_REFUSED = "key_refused", _("Requests with an invalid key are refused")
        TOO_LARGE = "too_large", _("Requests are too large")
        QUEUE_FULL = "queue_full", _("The queue is full")
        # Of the portal, for its operators:
        NOT_READY = "not_ready", _("A part of the portal isn't ready")
        NO_BEAT = "no_beat", _("Beat isn't running")
        MANY_STOPPED = "many_stopped", _("Many connections need attention")
        RECONCILE = "reconcile", _("The ledger has discrepancies")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        RECOVERED = "recovered", _("Recovered")
        ENDED = "ended", _("Ended")

    condition = models.CharField(_("condition"), max_length=20, choices=Condition)
    # Its kind and its ID, such as "connection:12". Of the portal: a part, such as "portal:disk".
    # One column, because a constraint on several of which most are NULL allows two rows.
    subject = models.CharField(_("subject"), max_length=60, db_default="")
    connection = models.ForeignKey(
        "streams.Connection",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="alerts",
        verbose_name=_("connection"),
    )
    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("feed"),
    )
    workspace = models.ForeignKey(
        "streams.Workspace",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="alerts",
        verbose_name=_("workspace"),
    )
    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("stream"),
    )
    partner = models.ForeignKey(
        "streams.Partner",
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("partner"),
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # in English
    # The number that the condition is about, such as of events, when the alert opened.
    count = models.BigIntegerField(_("count"), null=True)
    since = models.DateTimeField(_("since"))  # the start of the condition
    opened_at = models.DateTimeField(_("opened"))
    # Since when the condition of an open alert does not hold.
    calm_since = models.DateTimeField(_("calm since"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    # Whether events are delivered again. Otherwise it ended because something else, such as
    # a pause, stopped delivery.
    recovered = models.BooleanField(_("recovered"), default=False)
    # The previous version reads and writes the next three, for all audiences together. Now
    # each audience has its own (people/models.py: AudienceState).
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    reminded_at = models.DateTimeField(_("last reminder"), null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["condition", "subject"],
                # The previous version writes no subject.
                condition=Q(closed_at=None) & ~Q(subject=""),
                name="one_open_alert_of_subject",
            ),
        ]
        indexes = [
            # The lists of a workspace and of a partner.
            models.Index(fields=["workspace", "-opened_at"], name="alert_history"),
            models.Index(fields=["partner", "-opened_at"], name="alert_of_partner"),
            # The alerts that a partner's notice is about.
            models.Index(
                fields=["stream", "condition"],
                condition=Q(closed_at=None),
                name="alert_open_of_stream",
            ),
            models.Index(fields=["closed_at"], name="alert_age"),  # rows to delete
        ]

    def __str__(self) -> str:
        text = gettext("%(condition)s since %(since)s")
        since = f"{self.since:%Y-%m-%d %H:%M}"
        return text % {"condition": self.get_condition_display(), "since": since}

    @property
    def state(self) -> Alert.State:
        if self.closed_at is None:
            return self.State.OPEN
        return self.State.RECOVERED if self.recovered else self.State.ENDED

    @property
    def tone(self) -> str:
        """The color of its badge: good, bad or none."""
        if self.condition == self.Condition.REPLAY_FINISHED:
            return "" if self.closed_at else "good"
        return {self.State.OPEN: "bad", self.State.RECOVERED: "good"}.get(
            self.state, ""
        )
