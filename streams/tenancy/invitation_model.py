"""The model of invitations, which lead people into a partner or a workspace."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    User,
    Workspace,
    WorkspaceMembership,
)


class Invitation(models.Model):
    """Lets a person join a partner or a workspace through an emailed link."""

    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, null=True, related_name="invitations"
    )
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, null=True, related_name="invitations"
    )
    email = models.EmailField()
    role = models.CharField(max_length=10)
    # Identifies the row in the link.
    number = models.CharField(max_length=16, unique=True)
    invited_by = models.ForeignKey(  # null: the operator, from the command line
        User, on_delete=models.CASCADE, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # when the server accepted the email
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
        return _("%(user)s: %(role)s of %(place)s") % {
            "user": self.email,
            "role": self.role_label,
            "place": self.place,
        }

    @property
    def place(self) -> Partner | Workspace:
        """The partner or workspace that the person may join."""
        place = self.partner or self.workspace
        assert place is not None  # noqa: S101 - the constraint says so
        return place

    @property
    def role_label(self) -> str:
        """The name of the role, for people."""
        roles = PartnerMembership.Role if self.partner_id else WorkspaceMembership.Role
        return str(roles(self.role).label)

    def has_account(self) -> bool:
        """Whether the person can sign in; if not, they choose a name and a password."""
        known = User.objects.filter(email=self.email).first()
        return known is not None and known.has_usable_password()
