"""A partner's own provider, and the email domains that belong to the partner."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id
from streams.tenancy.models import Partner, PartnerMembership


class SsoProvider(models.Model):
    """The OpenID Connect provider of a partner."""

    partner = models.OneToOneField(
        Partner, on_delete=models.CASCADE, related_name="sso_provider"
    )
    # In the redirect URI, which the partner registers at the provider.
    public_id = models.CharField(max_length=12, unique=True, default=public_id)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=200)
    # The client secret, encrypted for this row (client_secrets.py). It is never shown.
    secret_ciphertext = models.BinaryField()
    secret_ring_id = models.CharField(max_length=20)
    # Roles by the values of a claim. Without a claim, roles are managed in the portal.
    role_claim = models.CharField(max_length=100, blank=True)
    role_values = models.JSONField(default=dict, blank=True)  # lists of values by role
    default_role = models.CharField(  # of people without such a value; empty: unchanged
        max_length=10, choices=PartnerMembership.Role, blank=True
    )
    # When an admin last signed in with exactly this issuer, client and secret.
    tested_at = models.DateTimeField(null=True)
    is_enforced = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_enforced=False)
                | models.Q(tested_at__isnull=False),
                name="sso_enforced_only_if_tested",
            ),
        ]

    def __str__(self) -> str:
        return _("Single sign-on of %(partner)s") % {"partner": self.partner}


class SsoDomain(models.Model):
    """An email domain that belongs to a partner, as an operator confirmed."""

    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, related_name="sso_domains"
    )
    domain = models.CharField(max_length=253, unique=True)  # in lower case
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.domain
