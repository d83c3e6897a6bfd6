"""Clocks jump by an hour, forward and back, and events continue."""

from __future__ import annotations

import pytest

from tests.faults.all_faults import HOUR_S, clock, killed
from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows, open_quiet_flow

pytestmark = [pytest.mark.processes]


def test_a_clock_that_jumps_by_an_hour_delays_nothing(deployment):
    flows = [*open_flows("a", "b"), open_quiet_flow()]
    deployment.start("ingest", "beat", "worker-1")

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        for off_s in (HOUR_S, -HOUR_S):
            with experiment.during(clock("worker", off_s)):
                experiment.recover(f"clock of a worker {off_s / HOUR_S:+.0f} h")
            with experiment.during(clock("all", off_s)):
                # Now the sweep, which beat sends, has to find the streams.
                experiment.cause(killed("worker"))
