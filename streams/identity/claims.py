"""How claims that identifiers have a userId change a map. Pure: no database and no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.identity.identifiers import IdentifierKind
    from streams.identity.models import OriginKind

# Links are seen with most events. Storing each time would rewrite the map all day.
SEEN_EVERY = timedelta(hours=1)


class Origin(NamedTuple):
    """Where a fact is from. The two IDs are those of an event from Segment."""

    kind: OriginKind
    project_id: str = ""
    message_id: str = ""


class Claim(NamedTuple):
    """A fact says that the person with this identifier has this userId."""

    fact: int  # its position among the facts
    kind: IdentifierKind
    type: str
    digests: tuple[bytes, ...]  # by the newest key first
    user_id: str
    at: datetime
    origin: Origin


class KnownLink(NamedTuple):
    """A stored link, as far as claims can change it."""

    id: int
    digest: bytes
    user_id: str
    last_seen_at: datetime


@dataclass(slots=True)
class Disagreement:
    """Another userId for an identifier that has a link."""

    link: KnownLink | None  # None: a new link
    kept: str  # the userId of the link
    claim: Claim  # the last
    count: int  # of claims; 0: the link had this userId, and got another
    first_seen_at: datetime
    last_seen_at: datetime
    replaces: bool = False  # the link has this userId now
    replaced: bool = False  # the link had this userId, or has it now


@dataclass(slots=True)
class Plan:
    """The changes of a map that claims cause. Keys are digests by the newest key."""

    new: dict[bytes, Claim] = field(default_factory=dict)
    seen: dict[bytes, tuple[KnownLink, datetime]] = field(default_factory=dict)
    disagreements: dict[tuple[bytes, str], Disagreement] = field(default_factory=dict)
    # The last claims of links that get another userId.
    moved: dict[bytes, Claim] = field(default_factory=dict)
    # By fact.
    added: dict[int, int] = field(default_factory=dict)
    confirmed: dict[int, int] = field(default_factory=dict)
    contradicted: dict[int, list[Claim]] = field(default_factory=dict)

    def changes_anything(self) -> bool:
        return bool(self.new or self.seen or self.disagreements)


def plan(
    claims: Iterable[Claim],
    known: Mapping[bytes, KnownLink],
    decided: Mapping[tuple[int, str], str] | None = None,
) -> Plan:
    """Return what claims change, in their order. `known`: links by any of their digests.

    Without `decided`, the first userId of an identifier stays. Otherwise, the last replaces it,
    except where a person decided: `decided` has the userId that people kept, by the ID of the
    link and the other userId.
    """
    result, by_people = Plan(), dict(decided or {})
    for claim in claims:
        newest = claim.digests[0]
        link = next((known[d] for d in claim.digests if d in known), None)
        first = result.moved.get(newest) or link or result.new.get(newest)
        if first is None:
            result.new[newest] = claim
            result.added[claim.fact] = result.added.get(claim.fact, 0) + 1
            continue
        if first.user_id != claim.user_id:
            _disagree(result, claim, first.user_id, link)
            key = link.id if link else 0, claim.user_id
            if decided is not None and by_people.get(key) != first.user_id:
                _replace(result, claim, first.user_id, link)
                # The decisions of people about these two are void now.
                by_people.pop(key, None)
                by_people.pop((key[0], first.user_id), None)
            continue
        result.confirmed[claim.fact] = result.confirmed.get(claim.fact, 0) + 1
        if link and newest not in result.moved:
            _see(result, claim, link)
    return result


def _disagree(result: Plan, claim: Claim, kept: str, link: KnownLink | None) -> None:
    result.contradicted.setdefault(claim.fact, []).append(claim)
    key = claim.digests[0], claim.user_id
    before = result.disagreements.get(key)
    if before is None or not before.count:
        result.disagreements[key] = Disagreement(
            link,
            kept,
            claim,
            1,
            claim.at,
            claim.at,
            replaced=before is not None,
        )
        return
    before.kept, before.claim = kept, claim
    before.count += 1
    before.first_seen_at = min(before.first_seen_at, claim.at)
    before.last_seen_at = max(before.last_seen_at, claim.at)


def _replace(result: Plan, claim: Claim, old: str, link: KnownLink | None) -> None:
    """Give a link the userId of a claim that disagrees with its old one."""
    newest = claim.digests[0]
    won = result.disagreements[newest, claim.user_id]
    lost = result.disagreements.setdefault(
        (newest, old),
        Disagreement(link, claim.user_id, claim, 0, claim.at, claim.at),
    )
    won.kept, won.replaces, won.replaced = old, True, True
    lost.kept, lost.replaces, lost.replaced = claim.user_id, False, True
    result.moved[newest] = claim
    result.seen.pop(newest, None)


def _see(result: Plan, claim: Claim, link: KnownLink) -> None:
    newest = claim.digests[0]
    _link, before = result.seen.get(newest, (link, link.last_seen_at))
    seen_at = max(claim.at, before)
    if seen_at >= link.last_seen_at + SEEN_EVERY or link.digest != newest:
        result.seen[newest] = link, seen_at
