"""The effect on the bill of something that could add tracked users, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.portal.usage.wording import dollars, number_of
from streams.tracked_users.prices import PriceTable, price_table

if TYPE_CHECKING:
    from datetime import date

    from streams.tracked_users.previews import AddedPeople


EXAMPLE = 10_000  # people


@dataclass(frozen=True, slots=True)
class BillEffect:
    """The words of a page about added people. An empty `cost`: the operator shows no prices."""

    month: date
    is_unknown: bool
    is_none: bool
    people: str  # at most
    cost: str  # of them
    prices: PriceTable | None


def bill_effect(added: AddedPeople) -> BillEffect:
    """Return the words for added people."""
    prices = price_table()
    return BillEffect(
        month=added.month,
        is_unknown=added.at_most is None,
        is_none=added.is_none,
        people="" if added.at_most is None else number_of(added.at_most),
        cost=dollars(prices.cost(added.most)) if prices else "",
        prices=prices,
    )


def example_cost() -> str:
    """Return the cost of EXAMPLE people in a month; empty: the operator shows no prices."""
    prices = price_table()
    return dollars(prices.cost(EXAMPLE)) if prices else ""
