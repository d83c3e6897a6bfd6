from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from streams.base.clock import now
from streams.base.ids import public_id
from streams.base.text import validate_one_line
from streams.spec.modes import CHOICES, Mode
from streams.tenancy.external_ids import InvalidExternalId, clean_external_id


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        """A person who signs in by e-mail; without a password they must set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> User:
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )


class User(AbstractBaseUser, PermissionsMixin):
    """A person: customer member, partner member or operator (`is_staff`)."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100, blank=True, validators=[validate_one_line])
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=now)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email


class Partner(models.Model):
    """A company with a tool: the tenant."""

    name = models.CharField(max_length=100, validators=[validate_one_line])
    slug = models.SlugField(max_length=50, unique=True)
    created_at = models.DateTimeField(default=now)
    members = models.ManyToManyField(User, through="PartnerMembership")

    def __str__(self) -> str:
        return self.name


class Workspace(models.Model):
    """A customer of the partner, under the partner's own id for it."""

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="workspaces"
    )
    public_id = models.CharField(max_length=12, unique=True, default=public_id)
    external_id = models.CharField(max_length=100, validators=[validate_one_line])
    name = models.CharField(max_length=100, validators=[validate_one_line])
    weight = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Turns to send in each round, where others wait too.",
    )
    is_test = models.BooleanField(
        "test workspace",
        default=False,
        db_default=False,
        help_text="The partner's own, to try the stream with: delivered to before the"
        " stream is approved, and what its QA looks at.",
    )
    check_mode = models.CharField(
        "checking",
        max_length=10,
        choices=CHOICES,
        default=Mode.OFF,
        db_default=Mode.OFF,
        help_text="Stricter than the stream's own, or the same.",
    )
    created_at = models.DateTimeField(default=now)
    members = models.ManyToManyField(User, through="WorkspaceMembership")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "external_id"], name="workspace_external_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Normalize the id of a new workspace; those that exist keep theirs."""
        if self._state.adding:
            try:
                self.external_id = clean_external_id(self.external_id)
            except InvalidExternalId as error:
                raise ValidationError({"external_id": str(error)}) from None


class PartnerMembership(models.Model):
    class Role(models.TextChoices):
        ADMIN = "admin", "Admin"
        DEVELOPER = "developer", "Developer"
        SUPPORT = "support", "Support"

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="partner_memberships"
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "partner"], name="one_role_in_partner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.partner}"


class WorkspaceMembership(models.Model):
    class Role(models.TextChoices):
        ADMIN = "admin", "Admin"
        EDITOR = "editor", "Editor"
        VIEWER = "viewer", "Viewer"

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="workspace_memberships"
    )
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "workspace"], name="one_role_in_workspace"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.workspace}"


class Invitation(models.Model):
    """A person who may join a partner or a workspace by a link sent to their email."""

    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, null=True, related_name="invitations"
    )
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, null=True, related_name="invitations"
    )
    email = models.EmailField()
    role = models.CharField(max_length=10)
    number = models.CharField(max_length=16, unique=True)  # what the link names it by
    invited_by = models.ForeignKey(  # null: the portal itself
        User, on_delete=models.CASCADE, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # when the mail server took the email
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(partner=None) ^ models.Q(workspace=None),
                name="invitation_to_partner_or_workspace",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.role} of {self.place}"

    @property
    def place(self) -> Partner | Workspace:
        """Where the person may join."""
        place = self.partner or self.workspace
        assert place is not None  # noqa: S101 - the constraint says so
        return place

    def has_account(self) -> bool:
        """Whether the person is to sign in; else they choose a name and a password."""
        known = User.objects.filter(email=self.email).first()
        return known is not None and known.has_usable_password()


class PartnerToken(models.Model):
    """What a partner's server signs its requests with, for one of its streams."""

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="tokens"
    )
    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="tokens"
    )
    name = models.CharField(max_length=100, validators=[validate_one_line])
    hint = models.CharField(max_length=8)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # Made by the portal for a run of its own: once revoked it is in nobody's way.
    is_internal = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
