"""Which IDs of people are counted, and as what."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

import msgspec

from streams.base.msgspec_types import prepared


class IdKind(IntEnum):
    """A set of IDs. The numbers are stored, and never change."""

    USER = 1  # userIds of this tool's events
    ANONYMOUS = 2  # anonymousIds of its events without a userId
    TIED = 3  # anonymousIds of events with a userId, so Segment counts the userId
    # Of events that other tools sent, which Segment forwarded to the inbound address.
    OTHERS_USER = 4
    OTHERS_ANONYMOUS = 5

    @property
    def is_user_id(self) -> bool:
        return self in (IdKind.USER, IdKind.OTHERS_USER)


class IdSet(NamedTuple):
    """Identifies a set of IDs: those of a kind that a feed has."""

    feed_id: int
    kind: IdKind


class SeenIds(dict[IdSet, set[str]]):
    """The IDs of events."""

    def add(self, feed_id: int, user_id: str, anonymous_id: str) -> None:
        """Add the IDs of an event that the tool sent; empty: it has none."""
        if user_id:
            self._of(IdSet(feed_id, IdKind.USER)).add(user_id)
            if anonymous_id:
                self._of(IdSet(feed_id, IdKind.TIED)).add(anonymous_id)
        elif anonymous_id:
            self._of(IdSet(feed_id, IdKind.ANONYMOUS)).add(anonymous_id)

    def add_of_others(self, feed_id: int, user_id: str, anonymous_id: str) -> None:
        """Add the IDs of an event that another tool sent to Segment."""
        if user_id:
            self._of(IdSet(feed_id, IdKind.OTHERS_USER)).add(user_id)
            if anonymous_id:
                self._of(IdSet(feed_id, IdKind.TIED)).add(anonymous_id)
        elif anonymous_id:
            self._of(IdSet(feed_id, IdKind.OTHERS_ANONYMOUS)).add(anonymous_id)

    def add_payloads(self, feed_id: int, payloads: Iterable[bytes]) -> None:
        """Add the IDs of stored events. One that can't be read has none."""
        for payload in payloads:
            try:
                ids = _ids(payload)
            except msgspec.MsgspecError:
                continue
            self.add(feed_id, _text(ids.user_id), _text(ids.anonymous_id))

    def _of(self, key: IdSet) -> set[str]:
        found = self.get(key)
        if found is None:
            found = self[key] = set()
        return found


@prepared
class _Ids(msgspec.Struct, rename="camel", gc=False):
    user_id: object = None
    anonymous_id: object = None


_ids = msgspec.json.Decoder(_Ids).decode


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
