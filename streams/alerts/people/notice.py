from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.alerts.people.digests import Cadence

if TYPE_CHECKING:
    from datetime import datetime

    from streams.alerts.models import Alert


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unfinished(self) -> NoticeQuerySet:
        """Return the notices that are neither sent, nor dropped, nor given up."""
        return self.filter(sent_at=None, dropped_at=None, given_up_at=None)

    def due(self, now: datetime) -> NoticeQuerySet:
        """Return the notices to send now: not claimed, and none before the one it follows."""
        first = self.model.objects.unfinished().filter(
            alert=OuterRef("alert"),
            channel=OuterRef("channel"),
            recipient=OuterRef("recipient"),
            audience=OuterRef("audience"),
            transition=self.model.Transition.OPENED,
        )
        # In the same digest, they are one entry.
        first = first.exclude(digest_end=OuterRef("digest_end"))
        free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        opened = Q(transition=self.model.Transition.OPENED)
        return self.unfinished().filter(free, opened | ~Exists(first), due_at__lte=now)


class Notice(models.Model):
    """A message to one person about the start or the end of an alert, or another reason.

    It is written in the transaction that opens or closes the alert, and sent later.
    """

    class Transition(models.TextChoices):
        OPENED = "opened", _("Opened")
        CLOSED = "closed", _("Recovered")
        REMIND = "remind", _("Reminder")
        TEST = "test", _("Test")
        GONE = "gone", _("Webhook endpoint disabled")

    class Channel(models.TextChoices):
        EMAIL = "email", _("Email")
        INBOX = "inbox", _("Inbox")  # of the recipient, in the portal

    class Audience(models.TextChoices):
        WORKSPACE = "workspace", _("Workspace")
        PARTNER = "partner", _("Partner")  # one for all alerts of a stream (roll_up.py)
        OPERATOR = "operator", _("Operators")

    class Failure(models.TextChoices):
        UNREACHABLE = "unreachable", _("The email server doesn't respond")
        REFUSED = "refused", _("The email server refused the email")
        INTERNAL = "internal", _("Internal error (operator)")

    # None: a test, which a person sends to themselves, or about a webhook endpoint.
    alert = models.ForeignKey(
        "streams.Alert",
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        related_name="notices",
        verbose_name=_("alert"),
    )
    endpoint = models.ForeignKey(  # that was disabled
        "streams.WebhookEndpoint",
        on_delete=models.CASCADE,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("webhook endpoint"),
    )
    transition = models.CharField(_("transition"), max_length=6, choices=Transition)
    # Of a reminder: the minutes since the alert opened.
    number = models.IntegerField(_("number"), default=0, db_default=0)
    channel = models.CharField(
        _("channel"), max_length=10, choices=Channel, default=Channel.EMAIL
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("recipient"),
    )
    audience = models.CharField(
        _("audience"),
        max_length=10,
        choices=Audience,
        default=Audience.WORKSPACE,
        db_default=Audience.WORKSPACE,
    )
    # The place whose alert it is: a workspace or, for notices to partners, the partner.
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
        db_index=False,
        related_name="+",
        verbose_name=_("partner"),
    )
    cadence = models.CharField(
        _("when"),
        max_length=6,
        choices=Cadence,
        default=Cadence.NOW,
        db_default=Cadence.NOW,
    )
    # All notices to a person with the same end are one message.
    digest_end = models.DateTimeField(_("end of the digest"), null=True)
    due_at = models.DateTimeField(_("due"))  # the next attempt
    expires_at = models.DateTimeField(_("expires"))  # no attempt is made later
    attempts = models.IntegerField(_("attempts"), default=0)
    failure = models.CharField(  # of the last attempt
        _("failure"), max_length=20, choices=Failure, blank=True, db_default=""
    )
    # Until then, one process may send it. Later, its process counts as dead.
    claimed_until = models.DateTimeField(_("claimed until"), null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    alerts = models.IntegerField(  # that it was about when it was sent
        _("alerts"), default=1, db_default=1
    )
    read_at = models.DateTimeField(_("read"), null=True)  # in the inbox
    # No one needs it anymore: the alert is over, or the recipient is no longer an admin.
    dropped_at = models.DateTimeField(_("dropped"), null=True)
    given_up_at = models.DateTimeField(_("given up"), null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "alert",
                    "transition",
                    "number",
                    "channel",
                    "recipient",
                    "audience",
                ],
                name="one_notice_of_number",
            ),
            models.CheckConstraint(
                condition=Q(transition__in=["test", "gone"]) ^ Q(alert__isnull=False),
                name="notice_has_alert_or_other_reason",
            ),
        ]
        indexes = [
            # Polled several times a minute; few rows.
            models.Index(
                fields=["due_at"],
                condition=Q(sent_at=None, dropped_at=None, given_up_at=None),
                name="notice_due",
            ),
            models.Index(  # each person's inbox, and the number that every page shows
                fields=["recipient", "-sent_at"],
                condition=Q(channel="inbox"),
                name="notice_inbox",
            ),
            models.Index(
                fields=["recipient"],
                condition=Q(channel="inbox", read_at=None),
                name="notice_unread",
            ),
            models.Index(  # those to delete with an endpoint
                fields=["endpoint"],
                condition=Q(endpoint__isnull=False),
                name="notice_of_endpoint",
            ),
        ]

    def __str__(self) -> str:
        text = gettext("%(transition)s: to %(recipient)s")
        transition = self.get_transition_display()
        return text % {"transition": transition, "recipient": self.recipient}

    @property
    def about(self) -> Alert:
        """The alert. Raises ValueError for a notice without one."""
        if self.alert is None:
            msg = "This notice has no alert."
            raise ValueError(msg)
        return self.alert
