"""The recommendation on the page of an event in quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.portal.shared.access import WorkspaceAccess
from streams.spec.names.collisions import right_name

if TYPE_CHECKING:
    from streams.events.models import QuarantinedEvent
    from streams.portal.quarantine.scope import QuarantineScope


def advice(scope: QuarantineScope, event: QuarantinedEvent) -> str:
    """Return who should fix the cause, and the action for this event."""
    access = scope.access
    better = right_name(event.name, scope.stream.spec_exceptions)
    if event.type == "track" and better:
        this = _("Rename this event to %(name)s, the name in the Segment Spec.") % {
            "name": better
        }
    elif event.rule.startswith("PLAN-"):
        this = _(
            "If it may be sent as it is, although the tracking plan doesn't describe it,"
            " release this event. Otherwise, discard it."
        )
    else:
        this = _(
            "Segment may reject this event or drop it silently if it is released"
            " unchanged. If you don't need it, discard it."
        )
    if isinstance(access, WorkspaceAccess) and not access.partner_role:
        cause = _("Ask %(partner)s to fix the cause, so that later events are sent.")
        return f"{this} {cause % {'partner': access.workspace.partner.name}}"
    cause = _("Fix the cause in the tool or in the tracking plan, for later events.")
    return f"{this} {cause}"
