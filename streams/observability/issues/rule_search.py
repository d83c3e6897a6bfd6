"""Validate stored events, and find those that break a rule: issues store no events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.catalog.validation.event_validator import RuleCache
from streams.events.search.event_filter import RuleCondition
from streams.observability.issues.models import IssueKind
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from streams.catalog.validation.event_validator import EventValidator
    from streams.events.models import Feed

_rules = RuleCache()


def validators(stream_ids: Collection[int]) -> dict[int, EventValidator]:
    """Return the validators of streams, by the Spec and the plans of today.

    With one query, unless a plan is new.
    """
    ready = {
        pk: rules.checks(ValidationMode.WARN)
        for pk, rules in _rules.of(stream_ids).items()
    }
    # At least WARN is in force, so each stream has one.
    return {pk: validator for pk, validator in ready.items() if validator}


def breaking(feed: Feed, rule: str) -> RuleCondition:
    """Return the condition that an event breaks a rule, by the Spec and the plan of today.

    Only events with the names that broke it recently are validated. If that is not known,
    because it was longer ago or in too many names, all are.
    """
    kinds = IssueKind.objects.filter(feed=feed.pk, rule__in=(rule, ""))
    known = set(kinds.values_list("rule", "name"))
    has_others = any(not kind_rule for kind_rule, _name in known)
    names = frozenset(name for kind_rule, name in known if kind_rule)
    validator = validators([feed.stream_id])[feed.stream_id]

    def is_broken(event: Mapping[str, Any], received_at: datetime) -> bool:
        found = validator.stored_issues(event, now=received_at)
        return any(issue.rule == rule for issue in found)

    return RuleCondition(
        names=frozenset() if has_others else names, is_broken=is_broken
    )
