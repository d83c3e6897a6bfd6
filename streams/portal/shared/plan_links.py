"""Links from an issue to the event of the tracking plan that it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.http import urlencode

from streams.catalog.plans.authoring.editing import key_of
from streams.catalog.plans.rules import EVENT, PROPERTY
from streams.catalog.plans.rules import RULES as PLAN_RULES
from streams.catalog.plans.services import drafted_plan
from streams.portal.shared.access import DEVELOPERS, PartnerAccess
from streams.spec.names.collisions import right_name

if TYPE_CHECKING:
    from collections.abc import Collection

    from streams.catalog.models import Stream
    from streams.portal.shared.access import WorkspaceAccess
    from streams.tenancy.models import Partner

LEARNABLE = frozenset({EVENT.id, PROPERTY.id})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLinks:
    """The links of a reader who may edit the plan; for others, all are empty."""

    stream: Stream
    partner: Partner
    is_editor: bool = False
    planned: dict[str, str] = field(default_factory=dict)  # keys by name, or by call

    @classmethod
    def load(cls, access: WorkspaceAccess | PartnerAccess, stream: Stream) -> PlanLinks:
        """Return the links, with at most two queries."""
        if isinstance(access, PartnerAccess):
            partner, is_editor = access.partner, access.can_develop
        else:
            partner = access.workspace.partner
            is_editor = access.partner_role in DEVELOPERS
        if not is_editor:
            return cls(stream=stream, partner=partner)
        planned = {
            one.name or one.call: key_of(one) for one in drafted_plan(stream).events
        }
        return cls(stream=stream, partner=partner, is_editor=True, planned=planned)

    def edit(self, name: str, rules: Collection[str]) -> str:
        """Return the URL that edits the event of this name, if a rule is about the plan."""
        key = self.planned.get(name)
        if key is None or PLAN_RULES.keys().isdisjoint(rules):
            return ""
        return self._url("partner-stream-plan-event", key)

    def learn(self, name: str, rules: Collection[str]) -> str:
        """Return the URL that adds the event of this name, or what it lacks, to the plan."""
        # A plan with a name that the Spec forbids can't be published.
        is_misnamed = right_name(name, self.stream.spec_exceptions)
        if not self.is_editor or LEARNABLE.isdisjoint(rules) or is_misnamed:
            return ""
        path = self._url("partner-stream-plan-learn")
        return f"{path}?{urlencode({'event': name})}" if name else path

    def _url(self, page: str, *args: str) -> str:
        names = (self.partner.slug, self.stream.slug, *args)
        return reverse(f"portal:{page}", args=names)
