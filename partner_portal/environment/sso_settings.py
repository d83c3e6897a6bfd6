"""The settings of single sign-on for operators."""

from __future__ import annotations

from partner_portal.environment import setting_types, url_types
from partner_portal.environment.setting import Setting

SINGLE_SIGN_ON: tuple[Setting, ...] = (
    Setting(
        name="OIDC_ISSUER",
        kind=url_types.address("https://login.example.com"),
        about="The issuer of the OpenID Connect provider that operators sign in with,"
        " as its discovery document has it. Empty: operators sign in with a password."
        " Needs the two settings below. Partners configure their own providers.",
    ),
    Setting(
        name="OIDC_CLIENT_ID",
        kind=setting_types.TEXT,
        about="The client ID of the portal at this provider.",
    ),
    Setting(
        name="OIDC_CLIENT_SECRET",
        kind=setting_types.TEXT,
        about="The client secret of the portal at this provider.",
    ),
)
