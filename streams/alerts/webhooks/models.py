from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id

if TYPE_CHECKING:
    from datetime import datetime

    from streams.tenancy.models import Partner, Workspace

FAILING_AFTER = timedelta(days=1)


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def of(self, owner: Workspace | Partner) -> WebhookEndpointQuerySet:
        """Return the endpoints of a workspace or a partner, the oldest first."""
        is_partner = owner._meta.model_name == "partner"
        own = self.filter(partner=owner) if is_partner else self.filter(workspace=owner)
        return own.order_by("pk")


class WebhookEndpoint(models.Model):
    """A URL to which messages about alerts are sent.

    It belongs to a workspace, or to a partner for all workspaces of the partner's streams.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", _("Signed webhook")
        SLACK = "slack", _("Slack, or compatible")

    partner = models.ForeignKey(
        "streams.Partner",
        on_delete=models.CASCADE,
        null=True,
        related_name="webhook_endpoints",
        verbose_name=_("partner"),
    )
    workspace = models.ForeignKey(
        "streams.Workspace",
        on_delete=models.CASCADE,
        null=True,
        related_name="webhook_endpoints",
        verbose_name=_("workspace"),
    )
    public_id = models.CharField(_("ID"), max_length=12, unique=True, default=public_id)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    description = models.CharField(_("description"), max_length=100, blank=True)
    # The URL and the secrets, encrypted for this row (sealing.py), and the part of the URL
    # that pages show.
    sealed = models.BinaryField(editable=False)
    key_ring_id = models.CharField(_("encryption key"), max_length=20, editable=False)
    shown_url = models.CharField(_("URL"), max_length=300)
    # Until then, messages are also signed with the secret before the last rotation.
    previous_secret_until = models.DateTimeField(_("old secret used until"), null=True)
    # The first failed attempt since the last successful one.
    failing_since = models.DateTimeField(_("failing since"), null=True)
    # The receiver responded 410 Gone: it gets no messages until an admin enables it again.
    gone_at = models.DateTimeField(_("disabled"), null=True)
    # The conditions of alerts that it gets messages about; None: all.
    conditions = models.JSONField(_("kinds of alerts"), null=True)
    created_at = models.DateTimeField(_("created"), default=now)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        constraints = [
            models.CheckConstraint(
                condition=Q(partner=None, workspace__isnull=False)
                | Q(partner__isnull=False, workspace=None),
                name="webhook_endpoint_has_one_owner",
            ),
        ]
        indexes = [
            # Few rows, of many: those that operators see (failing.py).
            models.Index(
                fields=["failing_since"],
                condition=Q(failing_since__isnull=False),
                name="webhook_failing",
            ),
        ]

    def __str__(self) -> str:
        return self.shown_url

    @property
    def is_slack(self) -> bool:
        return self.kind == self.Kind.SLACK

    def is_failing(self, at: datetime) -> bool:
        """Whether every attempt of the last day failed."""
        return bool(self.failing_since and self.failing_since <= at - FAILING_AFTER)

    def gets(self, condition: str) -> bool:
        """Whether it gets messages about new alerts of a condition."""
        return not self.gone_at and (
            not self.conditions or condition in self.conditions
        )


class WebhookMessageQuerySet(models.QuerySet["WebhookMessage"]):
    def unfinished(self) -> WebhookMessageQuerySet:
        """Return the messages that are neither delivered, nor dropped, nor given up."""
        return self.filter(delivered_at=None, dropped_at=None, given_up_at=None)

    def due(self, at: datetime) -> WebhookMessageQuerySet:
        """Return the messages to send now: for each endpoint, at most the first one.

        While an endpoint fails, its messages wait behind the first, so that a receiver gets
        them in order.
        """
        begun = Q(attempts__gt=0) | Q(due_at__lte=at)
        before = WebhookMessage.objects.unfinished().filter(
            begun, endpoint=OuterRef("endpoint"), pk__lt=OuterRef("pk")
        )
        free = Q(claimed_until=None) | Q(claimed_until__lte=at)
        return self.unfinished().filter(free, ~Exists(before), due_at__lte=at)


class WebhookMessage(models.Model):
    """A message to an endpoint about the start or the end of an alert, or a test.

    It is written in the transaction that opens or closes the alert, and sent later.
    """

    class Transition(models.TextChoices):
        OPENED = "opened", _("Opened")
        CLOSED = "closed", _("Closed")
        TEST = "test", _("Test")

    class State(models.TextChoices):
        WAITING = "waiting", _("Queued")
        RETRYING = "retrying", _("Retrying")
        DELIVERED = "delivered", _("Delivered")
        DROPPED = "dropped", _("Dropped")
        GIVEN_UP = "given_up", _("Failed")

    class Failure(models.TextChoices):
        # Those of base/customer_urls/client.py.
        UNKNOWN_NAME = "unknown_name", _("Unknown host")
        NOT_PUBLIC = "not_public", _("Not a public address")
        UNREACHABLE = "unreachable", _("No connection")
        TLS = "tls", _("TLS error")
        TIMEOUT = "timeout", _("Timeout")
        NOT_HTTP = "not_http", _("Invalid response")
        # No request was sent.
        UNREADABLE = "unreadable", _("Encryption key missing (operator)")
        REFUSED = "refused", _("URL not allowed")
        INTERNAL = "internal", _("Internal error (operator)")

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="messages",
        verbose_name=_("webhook endpoint"),
    )
    public_id = models.CharField(_("ID"), max_length=12, unique=True, default=public_id)
    transition = models.CharField(_("transition"), max_length=6, choices=Transition)
    # None: a test. A message to a partner refers to the first of the alerts, or the last.
    alert = models.ForeignKey(
        "streams.Alert",
        on_delete=models.CASCADE,
        null=True,
        related_name="webhook_messages",
        verbose_name=_("alert"),
    )
    body = models.TextField(_("body"), blank=True)  # since the first attempt
    created_at = models.DateTimeField(_("created"), default=now)
    due_at = models.DateTimeField(_("due"))  # the next attempt
    expires_at = models.DateTimeField(_("expires"))  # no attempt is made later
    attempts = models.IntegerField(_("attempts"), default=0)
    # Until then, one process may send it. Later, its process counts as dead.
    claimed_until = models.DateTimeField(_("claimed until"), null=True)
    # The last attempt: its time, and its status or the reason why there is none.
    attempted_at = models.DateTimeField(_("last attempt"), null=True)
    duration_ms = models.IntegerField(_("duration in ms"), null=True)
    status = models.IntegerField(_("response"), null=True)
    failure = models.CharField(_("failure"), max_length=20, choices=Failure, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    # No one needs it anymore: the alert ended before the message was due.
    dropped_at = models.DateTimeField(_("dropped"), null=True)
    given_up_at = models.DateTimeField(_("given up"), null=True)

    objects = WebhookMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "alert", "transition"], name="one_webhook_message"
            ),
        ]
        indexes = [
            # The newest messages of an endpoint, on its page.
            models.Index(fields=["endpoint", "-id"], name="webhook_message_list"),
            # Polled several times a minute; few rows.
            models.Index(
                fields=["endpoint", "id"],
                condition=Q(delivered_at=None, dropped_at=None, given_up_at=None),
                name="webhook_message_due",
            ),
        ]

    def __str__(self) -> str:
        return f"msg_{self.public_id}"

    @property
    def state(self) -> WebhookMessage.State:
        """The status of the message, as pages show it."""
        if self.delivered_at:
            return self.State.DELIVERED
        if self.dropped_at:
            return self.State.DROPPED
        if self.given_up_at:
            return self.State.GIVEN_UP
        return self.State.RETRYING if self.failed else self.State.WAITING

    @property
    def is_unfinished(self) -> bool:
        """Whether another attempt follows."""
        return not (self.delivered_at or self.dropped_at or self.given_up_at)

    @property
    def failed(self) -> bool:
        """Whether the last attempt failed."""
        return bool(self.failure or self.status) and not self.delivered_at

    @property
    def tone(self) -> str:
        """The color of its badge: good, bad or none."""
        if self.delivered_at:
            return "good"
        return "bad" if self.failed else ""
