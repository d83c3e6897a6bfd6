"""Numbers of people in words, with their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from streams.tracked_users.prices import CostRange
    from streams.tracked_users.sketch import Estimate


def number_of(size: Estimate) -> str:
    """Return a number of people; an estimate with its error."""
    if size.is_exact:
        return f"{size.people:,}"
    numbers = {"people": f"{size.people:,}", "margin": f"{size.margin:,}"}
    return _("about %(people)s (± %(margin)s)") % numbers


def dollars(cost: CostRange) -> str:
    """Return an amount in US dollars; a range if the price isn't certain."""
    if cost.is_one:
        return f"${cost.most:,}"
    return _("$%(least)s to $%(most)s") % {
        "least": f"{cost.least:,}",
        "most": f"{cost.most:,}",
    }
