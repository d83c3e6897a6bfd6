"""The setting of a workspace that its pages open only with a second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.portal.shared.access import (
    PortalRequest,
    signed_in,
    workspace_to_administer,
)
from streams.portal.shared.navigation_tags import to
from streams.sign_in.second_factor.workspaces import (
    NoFactor,
    make_second_factor_optional,
    require_second_factor,
)
from streams.tenancy.members import PlaceRemoved
from streams.web.recent_sign_in import confirmed_changes

if TYPE_CHECKING:
    from django.http import HttpResponse


@signed_in
@require_POST
@confirmed_changes
def second_factor_require(request: PortalRequest, public_id: str) -> HttpResponse:
    """Require a second factor of everyone who opens the workspace."""
    access = workspace_to_administer(request, public_id)
    page = reverse("portal:overview", args=[public_id])
    try:
        require_second_factor(
            workspace=access.workspace,
            actor=request.user,
            url=request.build_absolute_uri(page),
        )
    except (NoFactor, PlaceRemoved) as error:
        messages.error(request, str(error))
    else:
        text = _("This workspace now requires two-factor authentication.")
        messages.success(request, text)
    return redirect(to(access, "members"))


@signed_in
@require_POST
@confirmed_changes
def second_factor_optional(request: PortalRequest, public_id: str) -> HttpResponse:
    """Open the workspace again to members without a second factor."""
    access = workspace_to_administer(request, public_id)
    try:
        make_second_factor_optional(workspace=access.workspace, actor=request.user)
    except PlaceRemoved as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Two-factor authentication is now optional."))
    return redirect(to(access, "members"))
