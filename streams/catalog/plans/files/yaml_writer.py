"""Write a plan as a YAML file, for people to read, edit and keep with their code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import yaml

if TYPE_CHECKING:
    from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan

WIDTH = 100  # characters per line, if the text can be wrapped


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out, because aliases are refused on import."""
        return True


def to_yaml(plan: TrackingPlan) -> str:
    """List the events with their properties by path. Defaults are omitted."""
    document = {"events": [_event(event) for event in plan.events]}
    text: str = yaml.dump(
        document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=WIDTH
    )
    return text


def _event(event: PlannedEvent) -> dict[str, Any]:
    plain: dict[str, Any] = {"call": event.call}
    plain |= {key: text for key in ("name", "when") if (text := getattr(event, key))}
    for key in ("properties", "context"):
        if planned := getattr(event, key):
            plain[key] = {one.path: _property(one) for one in planned}
    return plain


def _property(planned: PlannedProperty) -> dict[str, Any]:
    plain = msgspec.to_builtins(planned)
    del plain["path"]
    return {"type": planned.type, **plain}
