"""Learn links between identifiers and userIds.

Every change holds the lock of the feed's map until the transaction ends. A transaction that
changes several maps must do so in the order of the feeds' IDs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from streams.base.clock import now
from streams.catalog.person_identifiers import ConflictRule
from streams.identity.claims import Claim, KnownLink, Origin, plan
from streams.identity.conflicts import decided_by_people, rule_of, settle
from streams.identity.digests import digests, key_check, ring
from streams.identity.map_lock import locked_map, store_changes
from streams.identity.models import IdentityKey, Link, LinkChange
from streams.identity.stored import links_by_digest, see_links
from streams.identity.user_ids import NO_IDENTIFIER, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from streams.identity.claims import Plan
    from streams.identity.identifiers import Identifier, IdentifierKind
    from streams.identity.models import IdentityMap
    from streams.identity.user_ids import UserIdProblem

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
MOST_FACTS = 1_000  # per call, so that a map is locked briefly
# Per transaction, for the same reason: 5,000 new ones take 0.7 s.
MOST_IDENTIFIERS = 5_000
MOST_OF_PERSON = 50  # identifiers that are read from one event or item
MOST_OF_REQUEST = 20_000  # identifiers that are read from one request


@dataclass(frozen=True, slots=True)
class IdentityFact:
    """Someone says that one person has this userId and all these identifiers."""

    user_id: object  # as received: perhaps not a string
    identifiers: Sequence[Identifier] = field(repr=False)
    at: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class FactResult:
    """The effect of one fact. Identifiers that can't identify anyone are in no count."""

    problem: UserIdProblem | None = None  # nothing was learned
    new: int = 0  # links
    seen: int = 0  # links that existed, with the same userId
    conflicts: Sequence[IdentifierKind] = ()  # of links that had another userId
    kept: Sequence[str] = ()  # for each of these links, the userId that disagrees


def chunks[T](items: Iterable[T], identifiers: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield the items in lists that `learn` takes and that lock a map briefly.

    `identifiers` returns the number of an item's identifiers.
    """
    chunk: list[T] = []
    total = 0
    for item in items:
        more = identifiers(item)
        if chunk and (len(chunk) == MOST_FACTS or total + more > MOST_IDENTIFIERS):
            yield chunk
            chunk, total = [], 0
        chunk.append(item)
        total += more
    if chunk:
        yield chunk


@transaction.atomic(savepoint=False)
def learn(feed_id: int, facts: Sequence[IdentityFact]) -> list[FactResult]:
    """Add facts to the map of a feed, in the caller's transaction if there is one.

    Returns the effect of each fact. Another userId for an identifier becomes a conflict, which
    the stream's rule may decide at once. At most MOST_FACTS facts (ValueError). The number of
    statements doesn't depend on the number of facts on PostgreSQL. If nothing is new, the only statement is a query, and nothing is locked.
    """
    if len(facts) > MOST_FACTS:
        raise ValueError(f"{len(facts)} facts are more than {MOST_FACTS}.")
    problems, claims = _read(feed_id, facts)
    wanted = sorted({digest for claim in claims for digest in claim.digests})
    changes = plan(claims, links_by_digest(feed_id, wanted))
    if changes.changes_anything():
        identity_map = locked_map(feed_id)
        known = links_by_digest(feed_id, wanted)
        changes = plan(claims, known)
        rule = rule_of(feed_id) if changes.disagreements else ConflictRule.PERSON
        if rule == ConflictRule.NEWEST:
            changes = plan(claims, known, decided_by_people(changes))
        _store(identity_map, changes, rule)
    return [_result(number, problems, changes) for number in range(len(facts))]


def preview(
    feed_id: int,
    facts: Sequence[IdentityFact],
    earlier: Callable[[Sequence[bytes]], Mapping[bytes, str]],
) -> tuple[list[FactResult], dict[bytes, str]]:
    """Return what `learn` would do with facts, and the userIds that it would set, by digest.

    Nothing is stored or locked. `earlier` returns the userIds that earlier facts would have
    set, by some digests.
    """
    problems, claims = _read(feed_id, facts)
    wanted = sorted({digest for claim in claims for digest in claim.digests})
    known = links_by_digest(feed_id, wanted)
    for digest, user_id in earlier(wanted).items():
        before = known.get(digest) or KnownLink(0, digest, user_id, NEVER)
        known[digest] = before._replace(user_id=user_id)
    changes = plan(claims, known)
    if changes.disagreements and rule_of(feed_id) == ConflictRule.NEWEST:
        changes = plan(claims, known, decided_by_people(changes))
    user_ids = {digest: one.user_id for digest, one in changes.new.items()}
    user_ids |= {digest: one.user_id for digest, one in changes.moved.items()}
    return [
        _result(number, problems, changes) for number in range(len(facts))
    ], user_ids


def _read(
    feed_id: int, facts: Sequence[IdentityFact]
) -> tuple[dict[int, UserIdProblem], list[Claim]]:
    problems: dict[int, UserIdProblem] = {}
    claims: list[Claim] = []
    for number, fact in enumerate(facts):
        identifiers = list(dict.fromkeys(fact.identifiers))
        if found := problem(fact.user_id, identifiers):
            problems[number] = found
            continue
        pairs = zip(identifiers, digests(feed_id, identifiers), strict=True)
        usable = {keyed: identifier for identifier, keyed in pairs if keyed}
        if not usable:
            problems[number] = NO_IDENTIFIER
        claims += [
            Claim(number, i.kind, i.type, keyed, str(fact.user_id), fact.at, fact.origin)
            for keyed, i in usable.items()
        ]  # fmt: skip
    return problems, claims


def _result(
    number: int, problems: Mapping[int, UserIdProblem], changes: Plan
) -> FactResult:
    contradicted = changes.contradicted.get(number, ())
    return FactResult(
        problem=problems.get(number),
        new=changes.added.get(number, 0),
        seen=changes.confirmed.get(number, 0),
        conflicts=[claim.kind for claim in contradicted],
        kept=[
            changes.disagreements[claim.digests[0], claim.user_id].kept
            for claim in contradicted
        ],
    )


def _store(identity_map: IdentityMap, changes: Plan, rule: ConflictRule) -> None:
    key_id = ring().newest
    if changes.new or changes.seen:
        kept = IdentityKey(key_id=key_id, check_bytes=key_check(key_id))
        IdentityKey.objects.bulk_create([kept], ignore_conflicts=True)
    links = _add_links(identity_map.feed_id, key_id, changes)
    see_links(
        key_id,
        [(link.id, digest, at) for digest, (link, at) in sorted(changes.seen.items())],
    )
    identity_map.links += len(links)
    at = now()
    store_changes(identity_map, links.values(), LinkChange.Change.ADDED, at=at)
    if changes.disagreements:
        moved, opened = settle(identity_map.feed_id, changes, links, rule)
        identity_map.open_conflicts += opened
        store_changes(identity_map, moved, LinkChange.Change.REPLACED, at=at)


def _add_links(feed_id: int, key_id: str, changes: Plan) -> dict[bytes, Link]:
    links = {
        digest: Link(
            feed_id=feed_id,
            digest=digest,
            key_id=key_id,
            user_id=claim.user_id,
            first_seen_at=claim.at,
            last_seen_at=claim.at,
            kind=claim.kind,
            type=claim.type,
            origin=claim.origin.kind,
            project_id=claim.origin.project_id,
            message_id=claim.origin.message_id,
        )
        for digest, claim in changes.new.items()
    }
    Link.objects.bulk_create(links.values())
    return links
