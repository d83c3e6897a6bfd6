"""What QA knows of a stream's tests: small values, of which the checklist is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from streams.base.text import looks_like_email
from streams.catalog.plans.plan import NAME_FIELDS
from streams.spec.findings import Severity

if TYPE_CHECKING:
    from streams.catalog.plans.plan import EventPlan
    from streams.spec.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEvent:
    """One event of a test workspace, and what matters of it."""

    workspace: str  # its public id
    seq: int
    call: str
    name: str  # empty: it has none
    user_id: str  # empty: it has none
    doubt: str = ""  # what is wrong with the userId, as an end of "It has …"
    says_where_from: bool = True  # `context.integration` is slug and version
    is_complete: bool = True  # no property is missing that the plan requires
    error: str = ""  # the first error by Spec or plan: "message (RULE)"

    @property
    def title(self) -> str:
        return self.name or self.call


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """One request to Segment, or to the sandbox."""

    workspace: str
    number: int  # of its delivery
    region: str
    events: int
    body_bytes: int
    started_at: datetime
    duration_ms: int
    was_delivered: bool

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(milliseconds=self.duration_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenError:
    """An error that the ingest found, whether the event was stored or not."""

    workspace: str
    rule: str
    path: str
    name: str  # of the event, or of its call
    message: str

    @property
    def is_of_user_id(self) -> bool:
        return self.rule.startswith("SPEC-ID-") and self.path == "userId"

    @property
    def told(self) -> str:
        return f"{self.name or 'An event'}: {self.message} ({self.rule})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One of the stream's two docs pages."""

    kind: str
    label: str
    version: int | None  # that is published


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the checklist looks at. Events and requests: oldest first."""

    slug: str
    plan: EventPlan | None  # as published
    events: tuple[SeenEvent, ...] = ()
    requests: tuple[SentRequest, ...] = ()
    errors: tuple[SeenError, ...] = ()  # the newest first
    pages: tuple[Page, ...] = ()
    is_cut: bool = False  # there are more; the oldest were not looked at


def look(
    content: Mapping[str, Any],
    findings: Iterable[Finding],
    *,
    workspace: str,
    seq: int,
    slug: str,
    version: str,
) -> SeenEvent:
    """What matters of a stored event; `findings` are what its checks say of it."""
    found = list(findings)
    call = content["type"]
    field = NAME_FIELDS.get(call)
    context = _object(content.get("context"))
    worst = next((f for f in found if f.severity is Severity.ERROR), None)
    return SeenEvent(
        workspace=workspace,
        seq=seq,
        call=call,
        name=str(content.get(field) or "") if field else "",
        user_id=str(content.get("userId") or ""),
        doubt=doubt(content, slug),
        says_where_from=context.get("integration")
        == {"name": slug, "version": version},
        is_complete=all(f.rule != "PLAN-REQUIRED-001" for f in found),
        error=f"{worst.message} ({worst.rule})" if worst else "",
    )


def doubt(content: Mapping[str, Any], slug: str) -> str:
    """Why an event's userId cannot be the customer's own id of a person; empty: it may be.

    More cannot be told from outside: an id of the tool's that is sent nowhere else in the
    event looks like any other.
    """
    user_id = content.get("userId")
    if not user_id:
        return "no userId"
    if user_id == content.get("anonymousId"):
        return "the same userId and anonymousId"
    if user_id in _own_ids(_object(content.get("context")), slug):
        return "your tool's own id as its userId"
    if looks_like_email(str(user_id)):
        return "an e-mail address as its userId"
    return ""


def _own_ids(context: Mapping[str, Any], slug: str) -> set[str]:
    """The tool's ids of the person: Segment asks for them as `context.yourToolId`.

    Any key that ends so is meant, since a tool need not be called as its stream is; but
    for `userId`, which some repeat there.
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
