"""The choices of a stream about the userIds of people."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PersonIdentifier(models.TextChoices):
    """An identifier of an event's person that the identity map can have."""

    TOOL_ID = "tool_id", _("ID in the tool")
    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone")
    ANONYMOUS_ID = "anonymous_id", _("anonymousId")
    EXTERNAL_ID = "external_id", _("External ID")


class Unresolved(models.TextChoices):
    """The treatment of an event if no userId is known for its person."""

    REJECT = "reject", _("Reject the event")
    SET_ASIDE = "set_aside", _("Set the event aside until the userId is known")
    ANONYMOUS = "anonymous", _("Send the event with an anonymousId")


class ConflictRule(models.TextChoices):
    """Which userId an identifier has once two were received for it."""

    PERSON = "person", _("A person decides")
    OLDER = "older", _("The older userId stays")
    NEWEST = "newest", _("The newest userId replaces it")
