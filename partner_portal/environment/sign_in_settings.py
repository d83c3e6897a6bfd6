"""Settings of sessions and sign-in, as rows of the table of settings."""

from __future__ import annotations

from partner_portal.environment import setting_types
from partner_portal.environment.setting import Setting

SIGN_IN = (
    Setting(
        name="SESSION_IDLE_MINUTES",
        kind=setting_types.whole(5, 10_080, "minutes"),
        default="120",
        about="Minutes of inactivity after which users must sign in again. Automatic"
        " page refreshes do not count as activity.",
    ),
    Setting(
        name="SESSION_MAX_HOURS",
        kind=setting_types.whole(1, 720, "hours"),
        default="24",
        about="Hours after signing in until users must sign in again, even if active.",
    ),
    Setting(
        name="REQUIRE_SECOND_FACTOR",
        kind=setting_types.FLAG,
        default="on",
        about="Operators and partner admins must use two-factor authentication. off: only"
        " for a demonstration on one machine. With HTTPS=on, no process starts.",
    ),
    Setting(
        name="REQUIRE_SECOND_FACTOR_OF_ALL",
        kind=setting_types.FLAG,
        default="off",
        about="All users must use two-factor authentication, not only operators and partner"
        " admins. Needs REQUIRE_SECOND_FACTOR=on.",
    ),
)
