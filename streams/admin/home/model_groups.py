"""The admin's models, grouped by what operators use them for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

# Names of models. Those that are not listed come last, in a separate group.
GROUPS = (
    (
        _("Partners and users"),
        ("Partner", "Workspace", "User", "Group", "PartnerToken"),
    ),
    (_("Streams"), ("Stream", "PlanVersion", "IssueKind")),
    (
        _("Delivery"),
        (
            "Feed",
            "Connection",
            "Delivery",
            "Rejection",
            "Replay",
            "Halt",
            "InboundAddress",
            "Link",
            "Conflict",
            "Erasure",
            "Alert",
            "Notice",
            "WebhookEndpoint",
            "WebhookMessage",
        ),
    ),
    (_("System"), ("AuditEntry", "Cursor", "Lease", "Generation")),
)


@dataclass(frozen=True, slots=True)
class ModelGroup:
    """Models with a common purpose, as Django's list of apps describes each."""

    title: str
    models: list[dict[str, Any]]


def grouped(apps: Iterable[dict[str, Any]]) -> Iterator[ModelGroup]:
    """Yield the models that an operator may see, by purpose; no empty groups."""
    models = {m["object_name"]: m for app in apps for m in app["models"]}
    for title, names in GROUPS:
        if shown := [models.pop(name) for name in names if name in models]:
            yield ModelGroup(str(title), shown)
    if models:
        yield ModelGroup(str(_("Others")), list(models.values()))
