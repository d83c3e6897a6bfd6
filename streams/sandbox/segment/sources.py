"""The sources: which write keys are valid, and in which region."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from streams.base.msgspec_types import prepared

Region = Literal["us", "eu", "sandbox"]

# A path without a region's prefix is the region `sandbox`.
REGIONS: dict[str, Region] = {"us": "us", "eu": "eu", "sandbox": "sandbox"}

# While any key is valid, keys that start so are unknown: to practice with a wrong key.
UNKNOWN = "Unknown"

_WELL_FORMED = re.compile(r"[A-Za-z0-9]{32}")


class Source(
    msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True
):
    """A source with its write key, in one region or (None) in all.

    A disabled source drops its events.
    """

    write_key: str
    region: Region | None = None
    enabled: bool = True


@prepared
class KnownSources(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The sources. With None, any 32 letters and digits are valid, except after UNKNOWN."""

    known: list[Source] | None = None


@prepared
class Suppressed(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The userIds whose events are dropped silently."""

    user_ids: list[str] = []


NOBODY = Suppressed()


class Sources:
    """Looks up write keys."""

    def __init__(self, listed: KnownSources, suppressed: Suppressed = NOBODY) -> None:
        self.listed = listed
        self.suppressed = suppressed
        self._suppressed = frozenset(suppressed.user_ids)
        self._disabled = {s.write_key for s in listed.known or () if not s.enabled}
        self._regions: dict[str, set[Region | None]] = {}
        for source in listed.known or ():
            self._regions.setdefault(source.write_key, set()).add(source.region)

    def knows(self, write_key: str) -> bool:
        """Whether the key belongs to a source in any region."""
        if self.listed.known is None:
            is_well_formed = _WELL_FORMED.fullmatch(write_key) is not None
            return is_well_formed and not write_key.startswith(UNKNOWN)
        return write_key in self._regions

    def suppresses(self, user_id: object) -> bool:
        """Whether events of this user are dropped."""
        return isinstance(user_id, str) and user_id in self._suppressed

    def discard_code(self, write_key: str, region: Region) -> str | None:
        """Return the code with which events with this key are dropped here, or None."""
        if not self.knows(write_key):
            return "unknown_source"
        if write_key in self._disabled:
            return "source_disabled"
        regions = self._regions.get(write_key, {None})
        return None if None in regions or region in regions else "wrong_region"
