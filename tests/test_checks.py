from __future__ import annotations

import pytest

from streams.checks import ready_for_production, times_fit_together


@pytest.mark.parametrize(("bound", "ids"), [(-1, ["streams.E005"]), (0, [])])
def test_a_bound_is_not_below_0(settings, bound, ids):
    settings.MAX_BACKLOG_EVENTS = bound

    assert [found.id for found in times_fit_together()] == ids


@pytest.mark.parametrize(("trusted", "ids"), [(False, {"streams.E011"}), (True, set())])
def test_clients_must_be_told_apart_behind_a_proxy(settings, trusted, ids):
    settings.HTTPS, settings.TRUST_PROXY = True, trusted

    found = {check.id for check in ready_for_production()}

    assert found & {"streams.E011"} == ids
