"""The end of a test sign-in, which signs in no one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from streams.sign_in.sso.partners import check_admin
from streams.sign_in.sso.refusals import Refusal, SsoRefused
from streams.sign_in.sso.services import mark_tested
from streams.tenancy.members import ADMIN
from streams.tenancy.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from streams.sign_in.sso.claims import Identity
    from streams.sign_in.sso.models import SsoProvider

TEST = "test"  # the purpose of such a sign-in


def end_test(
    request: HttpRequest, provider: SsoProvider, identity: Identity
) -> HttpResponse:
    """Note that an admin could sign in, and lead back to the page. Raises SsoRefused."""
    tester = request.user
    of_partner = provider.partner.memberships.filter(role=ADMIN)
    if not isinstance(tester, User) or not of_partner.filter(user=tester).exists():
        raise SsoRefused(Refusal.STATE)
    check_admin(provider, identity)
    mark_tested(provider=provider, actor=tester)
    messages.success(
        request,
        _("Single sign-on works: the provider vouched for %(email)s.")
        % {"email": identity.email},
    )
    return redirect("portal:partner-sso", provider.partner.slug)
