"""The email domains of partners.

Operators assign them. A partner that could do so could take over the accounts of others, by
claiming their domain and vouching for their email addresses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from streams.audit.changes import changed_values
from streams.audit.services import record
from streams.sign_in.sso.claims import domain_of
from streams.sign_in.sso.models import SsoDomain, SsoProvider
from streams.tenancy.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.tenancy.models import Partner

MAX_LENGTH = 253
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)++{_LABEL}")
_SEPARATORS = re.compile(r"[\s,]+")


class DomainRefused(ValueError):
    """The domain can't be assigned. The message says why."""


def read_domains(text: str) -> list[str]:
    """Return the domains of a list with commas, spaces or line breaks. Raises DomainRefused."""
    found = sorted({part.lower() for part in _SEPARATORS.split(text) if part})
    for domain in found:
        if len(domain) > MAX_LENGTH or not _DOMAIN.fullmatch(domain):
            raise DomainRefused(
                _("“%(domain)s” is not a domain. Enter one such as example.com.")
                % {"domain": domain[:100]}
            )
    return found


def domains_of(partner: Partner) -> list[str]:
    """Return the partner's domains, sorted."""
    rows = SsoDomain.objects.filter(partner=partner).order_by("domain")
    return list(rows.values_list("domain", flat=True))


@transaction.atomic
def set_domains(
    *, partner: Partner, domains: Iterable[str], actor: User | None
) -> None:
    """Assign exactly these domains to a partner. Raises DomainRefused.

    People of a removed domain can sign in with a password again.
    """
    before, wanted = domains_of(partner), sorted(set(domains))
    if before == wanted:
        return
    SsoDomain.objects.filter(partner=partner).exclude(domain__in=wanted).delete()
    for domain in set(wanted).difference(before):
        try:
            with transaction.atomic():
                SsoDomain.objects.create(partner=partner, domain=domain)
        except IntegrityError:
            raise DomainRefused(
                _("%(domain)s already belongs to another partner.") % {"domain": domain}
            ) from None
    record(
        "sso.domains_changed",
        actor=actor,
        partner=partner,
        domains=", ".join(wanted)[:200],
        **changed_values(
            {"domains": ", ".join(before)}, {"domains": ", ".join(wanted)}
        ),
    )


def provider_for(email: str) -> SsoProvider | None:
    """Return the provider that vouches for an email address, or None."""
    rows = SsoProvider.objects.select_related("partner")
    return rows.filter(partner__sso_domains__domain=domain_of(email)).first()


def enforced_for(email: str) -> SsoProvider | None:
    """Return the provider that the person must sign in with, or None.

    Operators never sign in through a partner's provider, so nothing is enforced for them.
    """
    provider = provider_for(email)
    if provider is None or not provider.is_enforced:
        return None
    is_operator = User.objects.filter(email=email.strip().lower(), is_staff=True)
    return None if is_operator.exists() else provider
