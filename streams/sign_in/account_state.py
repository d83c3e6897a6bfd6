"""The state of a person's sign-in, for operators: latest attempts, and limits in effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.audit.models import AuditEntry
from streams.base.rate_limit import usage
from streams.sign_in.sign_in_limits import (
    CHANGES_OF_PASSWORD,
    CODES_TO_ACCOUNT,
    EMAILED_CODES_TO_EMAIL,
    FAILED_BEFORE_EMAIL,
    FROM_ADDRESS,
    FROM_ADDRESS_TO_ACCOUNT,
    RESETS_TO_EMAIL,
    TO_ACCOUNT,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_stubs_ext import StrOrPromise

    from streams.base.rate_limit import RateLimit
    from streams.tenancy.models import User

SHOWN = 10  # the latest attempts to sign in
LIMITED = "user.sign_in_limited"
ATTEMPTS = ("user.signed_in", "user.sign_in_failed", "user.code_failed", LIMITED)
_AFFECTED: dict[str, StrOrPromise] = {
    TO_ACCOUNT.name: gettext_lazy(
        "Passwords, in browsers that haven't signed in to this account before"
    ),
    CODES_TO_ACCOUNT.name: gettext_lazy(
        "Codes of the second factor, in browsers that haven't signed in to this account before"
    ),
    EMAILED_CODES_TO_EMAIL.name: gettext_lazy("Sign-in codes by email"),
    RESETS_TO_EMAIL.name: gettext_lazy("Links to reset the password"),
    CHANGES_OF_PASSWORD.name: gettext_lazy("Changes of the password"),
    FROM_ADDRESS.name: gettext_lazy("Passwords, from %(address)s to any account"),
    FROM_ADDRESS_TO_ACCOUNT.name: gettext_lazy(
        "Passwords, from %(address)s to this account"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitInEffect:
    """A limit that refuses the person now, for a reason in words."""

    affects: str
    until: datetime


def latest_attempts(user: User) -> list[AuditEntry]:
    """Return the latest sign-ins and failed attempts under the person's current email."""
    # As in the condition of the index.
    of_person = AuditEntry.objects.filter(member=user.email, partner=None)
    attempts = of_person.exclude(member="").filter(action__in=ATTEMPTS)
    return list(attempts.order_by("-at")[:SHOWN])


def failed_sign_ins(user: User) -> int:
    """Return how many passwords were wrong, within a day from the first of them."""
    return max(0, usage(FAILED_BEFORE_EMAIL, str(user.pk))[0])


def limits_in_effect(
    user: User, attempts: Sequence[AuditEntry], at: datetime
) -> list[LimitInEffect]:
    """Return the limits that refuse the person now.

    Those of addresses are known for the addresses of `attempts`, and those of browsers if
    a refusal is among `attempts`.
    """
    addresses = {str(one.detail.get("address", "")) for one in attempts} - {""}
    found = []
    for limit, key, address in _limits(user, sorted(addresses)):
        uses, left_s = usage(limit, key)
        if uses >= limit.amount:
            affects = str(_AFFECTED[limit.name]) % {"address": address}
            until = at + timedelta(seconds=left_s)
            found.append(LimitInEffect(affects=affects, until=until))
    return [*found, *_of_browsers(attempts, at)]


def _limits(
    user: User, addresses: Sequence[str]
) -> Iterator[tuple[RateLimit, str, str]]:
    """Yield each limit with its key and the address that it is about."""
    for limit in (
        TO_ACCOUNT,
        CODES_TO_ACCOUNT,
        EMAILED_CODES_TO_EMAIL,
        RESETS_TO_EMAIL,
    ):
        yield limit, user.email, ""
    yield CHANGES_OF_PASSWORD, str(user.pk), ""
    for address in addresses:
        yield FROM_ADDRESS_TO_ACCOUNT, f"{address}:{user.email}", address
        yield FROM_ADDRESS, address, address


def _of_browsers(
    attempts: Sequence[AuditEntry], at: datetime
) -> Iterator[LimitInEffect]:
    for entry in attempts:
        if entry.action != LIMITED:
            continue
        until = datetime.fromisoformat(str(entry.detail["until"]))
        if until > at:
            text = _(
                "A browser that has signed in before: %(device)s, from %(address)s"
            )
            values = {"device": entry.device, "address": entry.detail.get("address")}
            yield LimitInEffect(affects=text % values, until=until)
