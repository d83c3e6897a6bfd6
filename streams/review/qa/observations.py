"""Observations of a stream's tests, from which the QA checklist is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from streams.base.text.validation import looks_like_email
from streams.catalog.plans.plan import NAME_FIELDS
from streams.spec.identity_rules import CONTRADICTS, TOOL_ID
from streams.spec.issues import Severity

if TYPE_CHECKING:
    from streams.catalog.plans.plan import TrackingPlan
    from streams.spec.issues import Issue


class UserIdDoubt(StrEnum):
    """A reason why a userId can't be the customer's own ID of a person."""

    NONE = ""
    MISSING = "missing"
    ANONYMOUS_ID = "anonymous-id"  # the same as the anonymousId
    OWN_ID = "own-id"  # the tool's own ID
    EMAIL = "email"  # an email address


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedEvent:
    """An event of a test workspace, reduced to what the checks need."""

    workspace: str  # its public id
    seq: int
    call: str
    name: str  # may be empty
    user_id: str  # may be empty
    doubt: UserIdDoubt = UserIdDoubt.NONE
    is_from_segment: bool = False  # an event from Segment had the same userId
    says_where_from: bool = True  # `context.integration` is slug and version
    is_complete: bool = True  # it has all properties that the plan requires
    error: str = ""  # the first error by Spec or plan: "message (RULE)"
    is_simulated: bool = False  # sent by a QA test run, and not by the partner's tool

    @property
    def title(self) -> str:
        return self.name or self.call


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRequest:
    """A request to Segment or to the sandbox."""

    workspace: str
    number: int  # of its delivery
    region: str
    events: int
    body_bytes: int
    started_at: datetime
    duration_ms: int
    was_delivered: bool
    is_simulated: bool = False  # it has only simulated events

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(milliseconds=self.duration_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedError:
    """An error found at ingest, whether or not the event was stored."""

    workspace: str
    rule: str
    path: str
    name: str  # of the event, or of its call
    message: str

    @property
    def is_of_user_id(self) -> bool:
        return self.rule.startswith("SPEC-ID-") and self.path == "userId"

    @property
    def is_of_another_user_id(self) -> bool:
        """Whether the userId isn't the one that the identity map has."""
        return self.rule in (CONTRADICTS.id, TOOL_ID.id)

    @property
    def text(self) -> str:
        if not self.name:
            return f"{self.message} ({self.rule})"
        return f"{self.name}: {self.message} ({self.rule})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPage:
    """One of the stream's two docs pages."""

    kind: str
    label: str
    version: int | None  # that is published


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """All that the checklist looks at. Events and requests: oldest first."""

    slug: str
    plan: TrackingPlan | None  # as published
    events: tuple[ObservedEvent, ...] = ()
    requests: tuple[ObservedRequest, ...] = ()
    errors: tuple[ObservedError, ...] = ()  # the newest first
    pages: tuple[ObservedPage, ...] = ()
    is_cut: bool = False  # only the newest events and requests are included

    def without_simulation(self) -> Observations:
        """Return what the partner's own tool did."""
        return replace(
            self,
            events=tuple(one for one in self.events if not one.is_simulated),
            requests=tuple(one for one in self.requests if not one.is_simulated),
        )


def observe(
    content: Mapping[str, Any],
    issues: Iterable[Issue],
    *,
    workspace: str,
    seq: int,
    slug: str,
    version: str,
    simulated: str = "",
) -> ObservedEvent:
    """Reduce a stored event and its issues to what the checks need.

    `simulated` is the start of the messageIds of the run; empty: there is no run.
    """
    issues = list(issues)
    call = content["type"]
    field = NAME_FIELDS.get(call)
    context = _object(content.get("context"))
    worst = next((issue for issue in issues if issue.severity is Severity.ERROR), None)
    return ObservedEvent(
        workspace=workspace,
        seq=seq,
        call=call,
        name=str(content.get(field) or "") if field else "",
        user_id=str(content.get("userId") or ""),
        doubt=doubt(content, slug),
        says_where_from=context.get("integration")
        == {"name": slug, "version": version},
        is_complete=all(issue.rule != "PLAN-REQUIRED-001" for issue in issues),
        error=f"{worst.message} ({worst.rule})" if worst else "",
        is_simulated=bool(simulated)
        and str(content.get("messageId")).startswith(simulated),
    )


def doubt(content: Mapping[str, Any], slug: str) -> UserIdDoubt:
    """Return why an event's userId can't be the customer's own ID of a person, if it can't.

    This finds the tool's own ID only if the event repeats it in its context.
    """
    user_id = content.get("userId")
    if not user_id:
        return UserIdDoubt.MISSING
    if user_id == content.get("anonymousId"):
        return UserIdDoubt.ANONYMOUS_ID
    if user_id in _own_ids(_object(content.get("context")), slug):
        return UserIdDoubt.OWN_ID
    if looks_like_email(str(user_id)):
        return UserIdDoubt.EMAIL
    return UserIdDoubt.NONE


def _own_ids(context: Mapping[str, Any], slug: str) -> set[str]:
    """Return the tool's own IDs of the person; Segment asks for `context.yourToolId`.

    Any key with this ending counts, because a tool's name can differ from its stream's.
    `userId` doesn't count, because some tools repeat it there.
    """
    own = _folded(slug)
    found = [
        value
        for key, value in context.items()
        if (name := _folded(key)) == own or (name.endswith("id") and name != "userid")
    ]
    ids = [value.get("id") if isinstance(value, dict) else value for value in found]
    return {str(value) for value in ids if isinstance(value, str | int)}


def _folded(key: str) -> str:
    return "".join(c for c in key.lower() if c.isalnum())


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
