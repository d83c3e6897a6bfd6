"""The identity map of each feed: which userId each identifier of a person has.

No row contains an identifier, only its keyed digest.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id
from streams.identity.identifiers import IdentifierKind


class OriginKind(models.IntegerChoices):
    """How the portal learned a link. The numbers are stored, and never change."""

    INBOUND = 1, _("Event from Segment")
    UPLOAD = 2, _("Upload")
    API = 3, _("API")
    EVENT = 4, _("Event of the tool")


class FeedRow(models.Model):
    """A row of a feed's identity map.

    There is no constraint on the feed, because checking it would cost more than the rest of
    the insert. The row in `IdentityMap` has one.
    """

    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("feed"),
    )
    kind = models.PositiveSmallIntegerField(_("kind"), choices=IdentifierKind)
    type = models.CharField(_("type"), max_length=100, blank=True)  # of external IDs
    origin = models.PositiveSmallIntegerField(_("origin"), choices=OriginKind)
    # Of an event from Segment: its source and messageId.
    project_id = models.CharField(_("source"), max_length=100, blank=True)
    message_id = models.CharField(_("messageId"), max_length=100, blank=True)

    class Meta:
        abstract = True


class IdentityMap(models.Model):
    """The identity map of a feed. Changes of the map are made under the lock of this row."""

    feed = models.OneToOneField(
        "streams.Feed", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    last_change = models.BigIntegerField(default=0)  # the number of its last change
    links = models.BigIntegerField(default=0)
    open_conflicts = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.feed_id}: {self.links}"


class IdentityKey(models.Model):
    """A key of IDENTITY_KEYS with which digests are stored, and so is still needed."""

    key_id = models.CharField(max_length=20, primary_key=True)
    check_bytes = models.BinaryField(max_length=8)  # tells if another key has its ID

    def __str__(self) -> str:
        return self.key_id


class Link(FeedRow):
    """An identifier of a person, as a digest, and the userId that Segment has for it."""

    digest = models.BinaryField(max_length=16)
    key_id = models.CharField(max_length=20)  # in IDENTITY_KEYS
    user_id = models.TextField(_("userId"))  # byte for byte as it was received
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))  # to the hour

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            # Also finds a person by an identifier.
            models.UniqueConstraint(fields=["feed", "digest"], name="one_link"),
        ]
        indexes = [
            # All links of a person.
            models.Index(fields=["feed", "user_id"], name="links_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class LinkChange(FeedRow):
    """A change of a link: its history, and the change feed.

    Changes are numbered under the lock of the feed's map, so they are committed in the order
    of their numbers, and no reader skips one. They are only added. When a person is forgotten,
    the userId and the messageId of earlier changes are emptied.
    """

    class Change(models.IntegerChoices):
        ADDED = 1, _("Added")
        REPLACED = 2, _("Replaced")
        REMOVED = 3, _("Removed")

    pk = models.CompositePrimaryKey("feed", "number")
    number = models.BigIntegerField()
    link_id = models.BigIntegerField()  # the link may be removed
    change = models.PositiveSmallIntegerField(choices=Change)
    digest = models.BinaryField(max_length=16)
    key_id = models.CharField(max_length=20)
    user_id = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # The history of a link.
            models.Index(fields=["link_id"], name="changes_of_link"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id}/{self.number} {self.get_change_display()}"


class Conflict(FeedRow):
    """Another userId that was received for the identifier of a link.

    The link keeps its userId until someone decides.
    """

    class State(models.IntegerChoices):
        OPEN = 1, _("Open")
        KEPT = 2, _("Kept")  # someone decided for `kept`
        REPLACED = 3, _("Replaced")  # someone decided for `other`

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="conflicts")
    kept = models.TextField(_("kept userId"))  # of the link, when `other` was received
    other = models.TextField(_("other userId"))
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    count = models.BigIntegerField(_("received"), default=0)  # how often
    state = models.PositiveSmallIntegerField(
        _("state"), choices=State, default=State.OPEN
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("identity conflict")
        verbose_name_plural = _("identity conflicts")
        constraints = [
            models.UniqueConstraint(fields=["link", "other"], name="one_conflict"),
        ]
        indexes = [
            # Open conflicts of a feed, for pages.
            models.Index(fields=["feed", "state", "id"], name="conflicts_by_state"),
            # The conflicts of a person who is forgotten.
            models.Index(fields=["feed", "other"], name="conflicts_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class SuppressedPerson(models.Model):
    """A person whose events a workspace doesn't store. No row has a value, only digests."""

    class Origin(models.TextChoices):
        PAGE = "page", _("Portal")
        API = "api", _("API")
        COMMAND = "command", _("Operator")
        INBOUND = "inbound", _("Event from Segment")

    public_id = models.CharField(max_length=12, unique=True, default=public_id)
    workspace = models.ForeignKey(
        "streams.Workspace",
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="+",
        verbose_name=_("workspace"),
    )
    # Null: in all streams of the workspace, also in those that are added later.
    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.CASCADE,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("feed"),
    )
    # The start of the first digest, to tell people apart in the list and in the activity log.
    hint = models.CharField(_("digest"), max_length=8)
    origin = models.CharField(_("suppressed by"), max_length=7, choices=Origin)
    suppressed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("member"),
    )
    suppressed_at = models.DateTimeField(_("suppressed"), default=now)

    class Meta:
        verbose_name = _("suppressed person")
        verbose_name_plural = _("suppressed people")

    def __str__(self) -> str:
        return self.public_id


class SuppressedKey(models.Model):
    """The digest of a userId or an identifier of a suppressed person.

    One that was given has a digest by a key of the workspace. One that is linked, because the
    identity map of a feed had it for the person, has a digest by a key of that feed. It counts
    only for events without a userId, because two people can share a device.
    """

    person = models.ForeignKey(
        SuppressedPerson, on_delete=models.CASCADE, related_name="keys"
    )
    # Null: the digest was given, and counts where the person is suppressed.
    linked_in = models.ForeignKey(
        "streams.Feed",
        on_delete=models.CASCADE,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    digest = models.BinaryField(max_length=16)
    key_id = models.CharField(max_length=20)  # in IDENTITY_KEYS

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "digest"], name="one_suppressed_key"
            ),
        ]
        indexes = [
            # People with a digest.
            models.Index(fields=["digest"], name="suppressed_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}/{self.pk}"
