"""Check an event against the whole Spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.spec.call_structure import structure_issues
from streams.spec.check.consent_update import UPDATED, update_issue
from streams.spec.check.top_level_fields import check_fields
from streams.spec.content.content_check import check_content
from streams.spec.content.tables import (
    CONTEXT,
    EVENT_TABLES,
    GROUP,
    IDENTIFY,
    PAGE,
    SCREEN,
    TRACK,
)
from streams.spec.issues import Severity
from streams.spec.names.event_names import name_issues
from streams.spec.spec_exceptions import SAFE, SpecExceptions
from streams.spec.timestamps import check_time

if TYPE_CHECKING:
    from datetime import datetime

    from streams.spec.issues import Issue

# The content field of each call and its table.
_CONTENT = {
    "identify": ("traits", IDENTIFY),
    "track": ("properties", TRACK),
    "page": ("properties", PAGE),
    "screen": ("properties", SCREEN),
    "group": ("traits", GROUP),
    "alias": ("", TRACK),
}
_GRAVEST_FIRST = {severity: at for at, severity in enumerate(Severity)}


def check(
    event: Mapping[str, Any],
    *,
    readings: SpecExceptions = SAFE,
    now: datetime | None = None,
    allow_anonymous: bool = False,
) -> list[Issue]:
    """Find the issues of a decoded event: structure first, then by severity.

    Never raises, whatever the JSON is, and takes time proportional to its size.
    `now` None: don't check whether the timestamp is in the future.
    """
    issues = structure_issues(event, allow_anonymous=allow_anonymous)
    issues += semantics(event, readings=readings, now=now)
    return issues


def semantics(
    event: Mapping[str, Any],
    *,
    readings: SpecExceptions = SAFE,
    now: datetime | None = None,
) -> list[Issue]:
    """Find the issues that are not about structure, which `structure_issues` checks."""
    call = event.get("type")
    if type(call) is not str or call not in _CONTENT:
        return []
    field, table = _CONTENT[call]
    accepted = readings.accepted
    issues: list[Issue] = []
    if call == "track":
        name = event.get("event")
        if type(name) is str and name:
            issues += name_issues(name, readings)
            table = EVENT_TABLES.get(name, table)
            if name == UPDATED and (missing := update_issue(event)):
                issues.append(missing)
    check_fields(event, call, issues)
    if now is not None:
        check_time(event.get("timestamp"), now, issues)
    content = event.get(field)
    if type(content) is dict:
        check_content(table, content, field, accepted, issues)
    context = event.get("context")
    if type(context) is dict:
        check_content(CONTEXT, context, "context", accepted, issues)
    if len(issues) > 1:
        issues.sort(key=lambda issue: _GRAVEST_FIRST[issue.severity])
    return issues
