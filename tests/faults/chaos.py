"""Cause random faults while events flow, and report the result."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from django.core.management import call_command

from tests.faults import all_faults
from tests.faults.alert_invariants import (
    await_quiet,
    broken_alerts,
    report_of_alerts,
)
from tests.faults.experiment import under_traffic
from tests.faults.flows import REGIONS, open_flows, open_quiet_flow
from tests.faults.lasting_faults import open_lasting

if TYPE_CHECKING:
    from tests.faults.deployment import Deployment
    from tests.faults.experiment import Experiment
    from tests.faults.notice_receivers import NoticeReceivers

FLOWS = 9
PAUSE_S = 0.1  # between two requests of a flow
LONGEST_S = 15.0  # the duration of a fault
QUIET_S = 3.0  # the longest pause between two faults
WITHOUT_BEAT_FROM_S = 900.0  # shorter soaks have no time for it
DOWN_FOR_A_MINUTE = 0.02  # the chance that a fault lasts that long


def run(
    deployment: Deployment, receivers: NoticeReceivers, *, seconds: float, seed: int
) -> int:
    """Cause faults for this long; return the exit code."""
    call_command("migrate", verbosity=0)
    names = [f"flow{number}" for number in range(FLOWS)]
    busy = open_flows(*names, regions=REGIONS)
    for flow in busy:
        flow.pause_s = PAUSE_S
    lasting = open_lasting(receivers)
    flows = [*busy, open_quiet_flow(), *lasting.flows]
    deployment.start("ingest", "web", "beat", "worker-1", "worker-2")
    began = time.monotonic()
    experiment = None
    try:
        with under_traffic(deployment, flows) as experiment:
            experiment.recover("start")
            if seconds >= WITHOUT_BEAT_FROM_S:
                lasting.without_beat(experiment)
            left_s = began + seconds - time.monotonic()
            with lasting.striking(experiment, seed=seed, seconds=left_s):
                _strike(experiment, random.Random(seed), until=began + seconds)
            await_quiet()
        wrong = [*broken_alerts(lasting, experiment.strikes)]
        assert not wrong, "\n".join(wrong)
    except AssertionError as error:
        print(f"BROKEN: {error}\n{deployment.portal.log.read_text()[-5_000:]}")
        return 1
    finally:
        if experiment:
            print(report(experiment, seconds=seconds, seed=seed))
            print(report_of_alerts(lasting))
    return 0


def _strike(experiment: Experiment, chance: random.Random, *, until: float) -> None:
    """Cause each fault as often as every other, in an order that changes."""
    while True:
        for fault in chance.sample(all_faults.ALL, len(all_faults.ALL)):
            if time.monotonic() > until:
                return
            time.sleep(chance.uniform(0, QUIET_S))
            long = chance.random() < DOWN_FOR_A_MINUTE
            experiment.cause(fault, for_s=60 if long else chance.uniform(0, LONGEST_S))


def report(experiment: Experiment, *, seconds: float, seed: int) -> str:
    """Return what happened, as Markdown."""
    flows = experiment.traffic.flows
    twice = sum(map(experiment.receiver.duplicates, flows))
    worst = max(second.worst for second in experiment.receiver.seconds.values())
    refused = experiment.traffic.refusals
    faults = sum(name != "start" for name, _ in experiment.recoveries_s)
    summary = (
        f"{seconds / 60:.0f} minutes, seed {seed}: {faults} faults,"
        f" {experiment.traffic.acknowledged:,} events acknowledged,"
        f" {sum(experiment.receiver.last.values()):,} received in order, {twice:,} of them"
        f" twice, and at most {worst} requests in any second of a stream;"
        f" {refused.total():,} requests did not get 200 at first."
    )
    lines = [
        summary,
        "",
        "| fault | times | recovered in, median | at worst |",
        "|---|---|---|---|",
    ]
    by_name: defaultdict[str, list[float]] = defaultdict(list)
    for name, took_s in experiment.recoveries_s:
        by_name[name].append(took_s)
    for name, took in sorted(by_name.items()):
        lines.append(
            f"| {name} | {len(took)} | {median(took):.1f} s | {max(took):.1f} s |"
        )
    return "\n".join(lines)
