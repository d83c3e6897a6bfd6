"""The recommendation on the page of an event in quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.catalog.plans import rules
from streams.portal.shared.access import WorkspaceAccess
from streams.spec.identity_rules import UNRESOLVED
from streams.spec.names.collisions import right_name

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.events.models import QuarantinedEvent
    from streams.portal.quarantine.scope import QuarantineScope

# Rules that are only warnings stop no event.
_BY_PLAN_RULE: dict[str, StrOrPromise] = {
    rules.EVENT.id: gettext_lazy(
        "If it may be sent as it is, although it isn't in the tracking plan, release this"
        " event. Otherwise, discard it."
    ),
    rules.REQUIRED.id: gettext_lazy(
        "If it may be sent without the property that the tracking plan requires, release"
        " this event. Otherwise, discard it."
    ),
    rules.TYPE.id: gettext_lazy(
        "If it may be sent as it is, although the type of a property differs from the"
        " tracking plan, release this event. Otherwise, discard it."
    ),
}


def advice(scope: QuarantineScope, event: QuarantinedEvent) -> str:
    """Return who should fix the cause, and the action for this event."""
    access = scope.access
    better = right_name(event.name, scope.stream.spec_exceptions)
    if event.rule == UNRESOLVED.id:
        return _(
            "Wait. This event is released automatically once the identity map has the userId"
            " of its person. If the person has none, discard the event, or release it with an"
            " anonymousId."
        )
    if event.type == "track" and better:
        this = _("Rename this event to %(name)s, the name in the Segment Spec.") % {
            "name": better
        }
    elif event.rule in _BY_PLAN_RULE:
        this = str(_BY_PLAN_RULE[event.rule])
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
