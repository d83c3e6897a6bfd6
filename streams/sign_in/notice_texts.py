"""The texts of emails about the security of a person's account."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# Subject and first sentence of the email, by action.
EMAILS = {
    "user.signed_in": (
        _("New sign-in to your account"),
        _("Someone signed in to your Partner Portal account from a new browser."),
    ),
    "user.sign_in_failed": (
        _("Failed sign-ins to your account"),
        _(
            "There were 10 attempts today to sign in to your Partner Portal account with a"
            " wrong password."
        ),
    ),
    "user.password_changed": (
        _("Your password was changed"),
        _("The password of your Partner Portal account was changed."),
    ),
    "user.password_reset": (
        _("Your password was reset"),
        _(
            "The password of your Partner Portal account was reset with a link that we"
            " emailed to you."
        ),
    ),
    "user.password_set_by_operator": (
        _("Your password was changed"),
        _("An operator set a new password for your Partner Portal account."),
    ),
    "user.totp_added": (
        _("Authenticator app added to your account"),
        _("An authenticator app was added to your Partner Portal account."),
    ),
    "user.totp_removed": (
        _("Authenticator app removed from your account"),
        _("The authenticator app was removed from your Partner Portal account."),
    ),
    "user.passkey_added": (
        _("Passkey added to your account"),
        _("A passkey was added to your Partner Portal account."),
    ),
    "user.passkey_removed": (
        _("Passkey removed from your account"),
        _("A passkey was removed from your Partner Portal account."),
    ),
    "user.recovery_codes_created": (
        _("New recovery codes for your account"),
        _(
            "New recovery codes were created for your Partner Portal account. Earlier codes"
            " no longer work."
        ),
    ),
    "user.recovery_code_used": (
        _("Recovery code used for your account"),
        _("Someone used a recovery code of your Partner Portal account."),
    ),
    "user.code_failed": (
        _("Wrong codes for your account"),
        _(
            "There were 5 wrong codes for your Partner Portal account today. The person who"
            " entered them knows your password, or uses a session of yours."
        ),
    ),
    "user.second_factor_reset": (
        _("Two-factor authentication was reset"),
        _(
            "An operator removed the authenticator app, the passkeys and the recovery codes"
            " of your Partner Portal account, and ended its sessions. You can now sign in"
            " with your password."
        ),
    ),
    "user.signed_out_by_operator": (
        _("You were signed out everywhere"),
        _(
            "An operator ended all sessions of your Partner Portal account. You can sign in"
            " again as before."
        ),
    ),
    "user.email_set_by_operator": (
        _("Your account has a new email address"),
        _(
            "An operator changed the email address of your Partner Portal account to this"
            " one. From now on, you sign in with it, and our emails go to it."
        ),
    ),
    "user.email_changed_by_operator": (
        _("Your email address was changed"),
        _(
            "An operator changed the email address of your Partner Portal account. You can"
            " no longer sign in with this address."
        ),
    ),
}
ADVICE = _(
    "If this was you, you don't need to do anything. If it wasn't, reset your password now:"
    ' choose "Forgot your password?" on the sign-in page. Then contact the team that runs'
    " the portal."
)
_ADVICE_TO_CONTACT = _(
    "If you requested this, you don't need to do anything. If you didn't, contact the"
    " team that runs the portal."
)
# Only an operator can undo these, and an address that can't sign in anymore can't reset a
# password either.
ADVICE_BY_ACTION = {
    "user.email_changed_by_operator": _ADVICE_TO_CONTACT,
    "user.email_set_by_operator": _ADVICE_TO_CONTACT,
    "user.signed_out_by_operator": _(
        "If you have questions, contact the team that runs the portal."
    ),
}
