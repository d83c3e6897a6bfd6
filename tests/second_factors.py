"""An authenticator app, as a person's phone has it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)

if TYPE_CHECKING:
    from streams.tenancy.models import User

PERIOD_S = 30


class App:
    """An app that shows a new code each period. The user has recovery codes, too."""

    def __init__(self, user: User) -> None:
        self.secret = generate_totp_secret()
        self.row: Authenticator = TOTP.activate(user, self.secret).instance
        self.recovery = RecoveryCodes.activate(user).generate_codes()

    def code(self, periods_ago: int = 0) -> str:
        return code_of(self.secret, periods_ago)

    def recovery_code(self) -> str:
        """Return a recovery code that wasn't returned before.

        For real processes: unlike the app's code, it stays valid however long a page takes.
        """
        return self.recovery.pop()


def code_of(secret: str, periods_ago: int = 0) -> str:
    counter = int(time.time()) // PERIOD_S - periods_ago
    return format_hotp_value(hotp_value(secret, counter))
