"""Sketches: counts of distinct people in little memory, which can be combined like sets.

A sketch keeps the smallest of the hashes that it has seen. Hashes are uniform, so the bound
below which it has all of them says how many there are. Two sketches are compared below the
lower of their bounds. That is a theta sketch; see docs/adr/0027-own-sketches.md.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Collection
from dataclasses import dataclass
from heapq import nsmallest

MOST = 4_096  # hashes of a sketch; up to here, its count is exact
ALL = 2**64 - 1  # the bound of a sketch that has every hash


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number of people, and the most that it is probably wrong by.

    The true number is within `margin` in at least 95 of 100 cases. 0: the number is exact.
    """

    people: int
    margin: int = 0

    @property
    def is_exact(self) -> bool:
        return not self.margin

    def __bool__(self) -> bool:
        return bool(self.people or self.margin)


@dataclass(frozen=True, slots=True)
class Sketch:
    """The hashes below `bound` of a set of people."""

    hashes: frozenset[int] = frozenset()
    bound: int = ALL

    @classmethod
    def of(cls, hashes: Collection[int], bound: int = ALL) -> Sketch:
        """Return the sketch of these hashes, which are all that are below the bound."""
        if len(hashes) > MOST:
            *kept, bound = nsmallest(MOST + 1, hashes)
            return cls(frozenset(kept), bound)
        return cls(frozenset(hashes), bound)

    def __or__(self, other: Sketch) -> Sketch:
        """Return the sketch of the people in either set."""
        bound = min(self.bound, other.bound)
        both = self.hashes | other.hashes
        return Sketch.of(_below(both, bound) if bound < ALL else both, bound)

    def __sub__(self, other: Sketch) -> Sketch:
        """Return the sketch of the people who are only in the first set."""
        bound = min(self.bound, other.bound)
        return Sketch(_below(self.hashes - other.hashes, bound), bound)

    @property
    def size(self) -> Estimate:
        """How many people are in the set."""
        seen = len(self.hashes)
        if self.bound == ALL:
            return Estimate(seen)
        share = self.bound / ALL
        # Two standard deviations of a binomial distribution; without any, the rule of three.
        wrong_by = 2 * math.sqrt(seen * (1 - share)) if seen else 3
        return Estimate(round(seen / share), math.ceil(wrong_by / share))

    def pack(self) -> bytes:
        """Return at most 32 KiB to store: the bound and the hashes in order, 8 bytes each."""
        numbers = array("Q", [self.bound, *sorted(self.hashes)])
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers.tobytes()

    @classmethod
    def unpack(cls, packed: bytes) -> Sketch:
        """Return the sketch that `pack` stored; empty bytes are an empty sketch."""
        if not packed:
            return cls()
        numbers = array("Q", packed)
        if sys.byteorder == "big":
            numbers.byteswap()
        bound, *hashes = numbers
        return cls(frozenset(hashes), bound)


def _below(hashes: frozenset[int], bound: int) -> frozenset[int]:
    return frozenset([one for one in hashes if one < bound])
