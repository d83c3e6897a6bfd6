"""Limits on sign-in, and on emails and log entries about it, as in the operator guide."""

from __future__ import annotations

from datetime import timedelta

from streams.base.rate_limit import RateLimit

FROM_KNOWN_BROWSER = RateLimit(
    name="sign-in-known-browser",
    counts="failed sign-ins to an account from one browser that has signed in to it before",
    amount=10,
    period=timedelta(minutes=15),
)
FROM_ADDRESS = RateLimit(
    name="sign-in-address",
    counts="failed sign-ins from one IP address, from other browsers",
    amount=20,
    period=timedelta(minutes=5),
)
FROM_ADDRESS_TO_ACCOUNT = RateLimit(
    name="sign-in-address-account",
    counts="failed sign-ins to an account from one IP address, from other browsers",
    amount=5,
    period=timedelta(minutes=5),
)
TO_ACCOUNT = RateLimit(
    name="sign-in-account",
    counts="failed sign-ins to an account from anywhere, from other browsers",
    amount=50,
    period=timedelta(hours=1),
)
FAILED_NOTED = RateLimit(
    name="failed-noted",
    counts="activity log entries about failed sign-ins to an account",
    amount=1,
    period=timedelta(hours=1),
)
FAILED_BEFORE_EMAIL = RateLimit(
    name="failed-before-email",
    counts="failed sign-ins to an account before its owner gets an email",
    amount=9,
    period=timedelta(days=1),
)
FAILED_EMAILED = RateLimit(
    name="failed-emailed",
    counts="emails about failed sign-ins to an account",
    amount=1,
    period=timedelta(days=1),
)
SSO_FROM_ADDRESS = RateLimit(
    name="sso-address",
    counts="attempts to sign in with single sign-on from one IP address",
    amount=30,
    period=timedelta(minutes=5),
)
FAILED_CODE_NOTED = RateLimit(
    name="failed-code-noted",
    counts="activity log entries about wrong codes for an account",
    amount=1,
    period=timedelta(hours=1),
)
FAILED_CODE_BEFORE_EMAIL = RateLimit(
    name="failed-code-before-email",
    counts="wrong codes for an account before its owner gets an email",
    amount=4,
    period=timedelta(days=1),
)
FAILED_CODE_EMAILED = RateLimit(
    name="failed-code-emailed",
    counts="emails about wrong codes for an account",
    amount=1,
    period=timedelta(days=1),
)
EMAILED_CODE_ENTERED = RateLimit(
    name="emailed-code-entered",
    counts="attempts to enter the code of one request for a code by email",
    amount=3,
    period=timedelta(minutes=15),  # longer than a code is valid
)
EMAILED_CODES_FROM_ADDRESS = RateLimit(
    name="emailed-code-address",
    counts="requests for a sign-in code by email from one IP address",
    amount=10,
    period=timedelta(hours=1),
)
EMAILED_CODES_TO_EMAIL = RateLimit(
    name="emailed-code-email",
    counts="sign-in codes sent to one email address",
    amount=5,
    period=timedelta(hours=1),
)
RESETS_FROM_ADDRESS = RateLimit(
    name="reset-address",
    counts="requests for a password reset link from one IP address",
    amount=10,
    period=timedelta(hours=1),
)
RESETS_TO_EMAIL = RateLimit(
    name="reset-email",
    counts="password reset links sent to one email address",
    amount=3,
    period=timedelta(hours=1),
)
CHANGES_OF_PASSWORD = RateLimit(
    name="password-change",
    counts="attempts to change the password of one account",
    amount=10,
    period=timedelta(minutes=15),
)
CODES_FROM_KNOWN_BROWSER = RateLimit(
    name="code-known-browser",
    counts="wrong codes for an account from one browser that has signed in to it before",
    amount=10,
    period=timedelta(minutes=15),
)
CODES_TO_ACCOUNT = RateLimit(
    name="code-account",
    counts="wrong codes for an account from other browsers, after the right password",
    amount=10,
    period=timedelta(hours=1),
)
CODE_USED = RateLimit(
    name="code-used",
    counts="sign-ins with one code of an authenticator app",
    amount=1,
    period=timedelta(minutes=5),  # longer than a code is valid
)
PASSKEYS_FROM_ADDRESS = RateLimit(
    name="passkey-address",
    counts="sign-ins with a passkey started from one IP address",
    amount=60,
    period=timedelta(minutes=5),
)

LIMITS = (
    FROM_KNOWN_BROWSER, FROM_ADDRESS, FROM_ADDRESS_TO_ACCOUNT, TO_ACCOUNT,
    CODES_FROM_KNOWN_BROWSER, CODES_TO_ACCOUNT, CODE_USED, PASSKEYS_FROM_ADDRESS,
    EMAILED_CODE_ENTERED, EMAILED_CODES_FROM_ADDRESS, EMAILED_CODES_TO_EMAIL,
    SSO_FROM_ADDRESS, CHANGES_OF_PASSWORD, RESETS_FROM_ADDRESS, RESETS_TO_EMAIL,
    FAILED_NOTED, FAILED_BEFORE_EMAIL, FAILED_EMAILED,
    FAILED_CODE_NOTED, FAILED_CODE_BEFORE_EMAIL, FAILED_CODE_EMAILED,
)  # fmt: skip
