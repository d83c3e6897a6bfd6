"""Which second factors a person has, for operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from streams.sign_in.second_factor.sessions import has_factor, must_use_second_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.tenancy.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorState:
    """The second factors of a person. `codes_left` is None without recovery codes."""

    is_enrolled: bool
    is_required: bool
    methods: Sequence[str]
    codes_left: int | None


def factor_state(user: User) -> FactorState:
    """Return which second factors the person has. Reads no secret."""
    rows = Authenticator.objects.filter(user=user).order_by("created_at")
    codes = [row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES]
    return FactorState(
        is_enrolled=has_factor(user),
        is_required=must_use_second_factor(user),
        methods=[_method(row) for row in rows if row not in codes],
        codes_left=_codes_left(codes[0]) if codes else None,
    )


def _method(row: Authenticator) -> str:
    if row.type == Authenticator.Type.TOTP:
        return _("Authenticator app")
    return _("Passkey “%(name)s”") % {"name": row.wrap().name}


def _codes_left(row: Authenticator) -> int:
    used: int = row.data["used_mask"]
    total: int = mfa_settings.RECOVERY_CODE_COUNT
    return total - used.bit_count()
