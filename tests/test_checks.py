from __future__ import annotations

import pytest

from streams.checks import times_fit_together


@pytest.mark.parametrize(("bound", "ids"), [(-1, ["streams.E005"]), (0, [])])
def test_a_bound_is_not_below_0(settings, bound, ids):
    settings.MAX_BACKLOG_EVENTS = bound

    assert [found.id for found in times_fit_together()] == ids
