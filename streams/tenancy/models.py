from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id
from streams.base.text.validation import validate_one_line
from streams.spec.validation_modes import CHOICES, ValidationMode
from streams.tenancy.external_ids import InvalidExternalId, clean_external_id

LATE_AFTER = timedelta(minutes=15)  # unless a workspace has another setting


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        """Create a user who signs in by email; without a password, they must set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> User:
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )


class User(AbstractBaseUser, PermissionsMixin):
    """A person: customer member, partner member, or operator (`is_staff`)."""

    class Theme(models.TextChoices):
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(
        _("name"), max_length=100, blank=True, validators=[validate_one_line]
    )
    # Empty: the browser's, and UTC in emails.
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, default="", db_default=""
    )
    # Empty: as the device.
    theme = models.CharField(
        _("theme"), max_length=5, choices=Theme, blank=True, default="", db_default=""
    )
    is_staff = models.BooleanField(_("operator"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("date joined"), default=now)
    # Everywhere. Sessions from before are invalid; see streams/sign_in/session_ending.py.
    signed_out_at = models.DateTimeField(_("signed out"), null=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return Django's hash, which sessions have, and another one after each sign-out."""
        of_password: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]  # Django's
        if self.signed_out_at is None:
            return of_password
        at = self.signed_out_at.isoformat()
        return salted_hmac(of_password, at, algorithm="sha256").hexdigest()


class Partner(models.Model):
    """A company that sends its customers' events to Segment: the tenant."""

    name = models.CharField(_("name"), max_length=100, validators=[validate_one_line])
    slug = models.SlugField(_("slug"), max_length=50, unique=True)
    created_at = models.DateTimeField(_("created"), default=now)
    members = models.ManyToManyField(User, through="PartnerMembership")

    def __str__(self) -> str:
        return self.name


class Workspace(models.Model):
    """A customer of the partner, identified by the partner's own ID."""

    partner = models.ForeignKey(
        Partner,
        on_delete=models.PROTECT,
        related_name="workspaces",
        verbose_name=_("partner"),
    )
    public_id = models.CharField(
        _("public ID"), max_length=12, unique=True, default=public_id
    )
    external_id = models.CharField(
        _("external ID"), max_length=100, validators=[validate_one_line]
    )
    name = models.CharField(_("name"), max_length=100, validators=[validate_one_line])
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        default=1,
        db_default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Share of the delivery capacity when several workspaces have events queued."
        ),
    )
    is_test = models.BooleanField(
        _("test workspace"),
        default=False,
        db_default=False,
        help_text=_(
            "A workspace for the partner's own tests. Its events are delivered even before"
            " the stream is approved, and QA checks them."
        ),
    )
    check_mode = models.CharField(
        _("validation mode"),
        max_length=10,
        choices=[(mode, _(label)) for mode, label in CHOICES],
        default=ValidationMode.OFF,
        db_default=ValidationMode.OFF,
        help_text=_("Can be stricter than the stream, not more lenient."),
    )
    # An alert opens when the oldest event that is due has been queued for this long.
    late_after = models.DurationField(
        _("events are late after"), default=LATE_AFTER, db_default=LATE_AFTER
    )
    # Null: its members may use the pages without a second factor.
    second_factor_required_at = models.DateTimeField(
        _("second factor required"), null=True, blank=True
    )
    # Tells if the set of suppressed people has changed (identity/suppression). 0: no one is.
    suppression = models.BigIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=now)
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
        """Normalize the ID of a new workspace; existing workspaces keep theirs."""
        if self._state.adding:
            try:
                self.external_id = clean_external_id(self.external_id)
            except InvalidExternalId as error:
                raise ValidationError({"external_id": str(error)}) from None


class PartnerMembership(models.Model):
    class Role(models.TextChoices):
        ADMIN = "admin", _("Admin")
        DEVELOPER = "developer", _("Developer")
        SUPPORT = "support", _("Support")

    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="partner_memberships",
        verbose_name=_("user"),
    )
    partner = models.ForeignKey(
        Partner,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("partner"),
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)
    created_at = models.DateTimeField(_("created"), default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "partner"], name="one_role_in_partner"
            ),
        ]

    def __str__(self) -> str:
        return _("%(user)s: %(role)s of %(place)s") % {
            "user": self.user,
            "role": self.get_role_display(),
            "place": self.partner,
        }


class WorkspaceMembership(models.Model):
    class Role(models.TextChoices):
        ADMIN = "admin", _("Admin")
        EDITOR = "editor", _("Editor")
        VIEWER = "viewer", _("Viewer")

    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="workspace_memberships",
        verbose_name=_("user"),
    )
    workspace = models.ForeignKey(
        Workspace,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("workspace"),
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)
    created_at = models.DateTimeField(_("created"), default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "workspace"], name="one_role_in_workspace"
            ),
        ]

    def __str__(self) -> str:
        return _("%(user)s: %(role)s of %(place)s") % {
            "user": self.user,
            "role": self.get_role_display(),
            "place": self.workspace,
        }


class PartnerToken(models.Model):
    """An API token that a partner's server sends with its requests for one stream."""

    partner = models.ForeignKey(
        Partner,
        on_delete=models.PROTECT,
        related_name="tokens",
        verbose_name=_("partner"),
    )
    stream = models.ForeignKey(
        "streams.Stream",
        on_delete=models.PROTECT,
        related_name="tokens",
        verbose_name=_("stream"),
    )
    name = models.CharField(_("name"), max_length=100, validators=[validate_one_line])
    hint = models.CharField(_("first characters"), max_length=8)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("created"), default=now)
    created_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    last_used_at = models.DateTimeField(_("last used"), null=True)
    expires_at = models.DateTimeField(_("expires"), null=True)  # null: never
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    # Created by the portal for a run of its own; hidden once it is revoked.
    is_internal = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
