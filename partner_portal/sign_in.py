"""Django's settings for passwords, sign-in and two-factor authentication (django-allauth)."""

from __future__ import annotations

# --- Passwords ---------------------------------------------------------------------
# The first one hashes. Other hashes are replaced at the next sign-in.
PASSWORD_HASHERS = [
    "streams.sign_in.passwords.hasher.PortalArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# No rule on the kinds of characters: such rules make passwords easier to guess.
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    # The 20,000 most frequent passwords of breaches, and 13,000 others.
    {"NAME": "streams.sign_in.passwords.common_passwords.CommonPasswordsValidator"},
    {"NAME": "streams.sign_in.passwords.context_words.ContextWordsValidator"},
]

# --- Sign-in -------------------------------------------------------------------------
ACCOUNT_ADAPTER = "streams.portal.account.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "streams.portal.people.forms.ChangePasswordForm",
    "set_password": "streams.portal.people.forms.SetPasswordForm",
    "confirm_login_code": "streams.portal.account.code_sign_in.EmailedCodeForm",
    "reset_password_from_key": "streams.portal.people.forms.ResetPasswordKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # the link in the invitation verifies the email
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = False  # see streams/sign_in/password_guessing.py and accounts.py
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # seconds since the last step of a sign-in
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60  # seconds
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3  # per sign-in
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 2  # more codes per sign-in
# The link proves the user's identity, and makes the browser a known one.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
PASSWORD_RESET_TIMEOUT = 4 * 3600  # seconds

# --- Two-factor authentication (streams/sign_in/second_factor) ----------------------
MFA_ADAPTER = "streams.portal.account.second_factor.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
_FACTOR_FORMS = "streams.portal.account.second_factor.forms"
MFA_FORMS = {
    "authenticate": f"{_FACTOR_FORMS}.CodeForm",
    "reauthenticate": f"{_FACTOR_FORMS}.ConfirmCodeForm",
    "activate_totp": f"{_FACTOR_FORMS}.AddAppForm",
    "add_webauthn": f"{_FACTOR_FORMS}.AddPasskeyForm",
    "edit_webauthn": f"{_FACTOR_FORMS}.RenamePasskeyForm",
}
MFA_RATE_LIMITS = False  # see streams/sign_in/second_factor/code_guessing.py
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Partner Portal"
MFA_TOTP_TOLERANCE = 0  # other codes than the present one, which is valid for 30 s
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TRUST_ENABLED = True
MFA_TRUST_COOKIE_AGE = 30 * 24 * 3600  # seconds
MFA_TRUST_COOKIE_NAME = "trusted_browser"
MFA_TRUST_COOKIE_PATH = "/accounts/"
