"""Faults at random while events flow, and what became of it all."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from django.core.management import call_command

from tests.faults import breaking
from tests.faults.event_lanes import REGIONS, open_lanes, open_quiet_lane
from tests.faults.scene import playing

if TYPE_CHECKING:
    from tests.faults.deployment import Site
    from tests.faults.scene import Scene

LANES = 9
PAUSE_S = 0.1  # between two requests of a lane: an hour carries more than a test
LONGEST_S = 15.0  # that a fault lasts
QUIET_S = 3.0  # between two, at the most
DOWN_FOR_A_MINUTE = 0.02  # the chance that a fault lasts so long


def run(site: Site, *, seconds: float, seed: int) -> int:
    """Let faults strike for so long; the exit code."""
    call_command("migrate", verbosity=0)
    names = [f"lane{number}" for number in range(LANES)]
    busy = open_lanes(*names, regions=REGIONS)
    for lane in busy:
        lane.pause_s = PAUSE_S
    lanes = [*busy, open_quiet_lane()]
    site.start("ingest", "web", "beat", "worker-1", "worker-2")
    began = time.monotonic()
    scene = None
    try:
        with playing(site, lanes) as scene:
            scene.recover("start")
            _strike(scene, random.Random(seed), until=began + seconds)
    except AssertionError as error:
        print(f"BROKEN: {error}\n{site.portal.log.read_text()[-5_000:]}")
        return 1
    finally:
        if scene:
            print(report(scene, seconds=time.monotonic() - began, seed=seed))
    return 0


def _strike(scene: Scene, chance: random.Random, *, until: float) -> None:
    """Each fault as often as any other, in an order that changes."""
    while True:
        for fault in chance.sample(breaking.ALL, len(breaking.ALL)):
            if time.monotonic() > until:
                return
            time.sleep(chance.uniform(0, QUIET_S))
            long = chance.random() < DOWN_FOR_A_MINUTE
            scene.endure(fault, for_s=60 if long else chance.uniform(0, LONGEST_S))


def report(scene: Scene, *, seconds: float, seed: int) -> str:
    """What happened, as Markdown."""
    lanes = scene.traffic.lanes
    twice = sum(map(scene.receiver.duplicates, lanes))
    worst = max(second.worst for second in scene.receiver.seconds.values())
    refused = scene.traffic.refusals
    faults = sum(name != "start" for name, _ in scene.recoveries_s)
    summary = (
        f"{seconds / 60:.0f} minutes, seed {seed}: {faults} faults,"
        f" {scene.traffic.acknowledged:,} events acknowledged,"
        f" {sum(scene.receiver.last.values()):,} received in order, {twice:,} of them"
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
    for name, took_s in scene.recoveries_s:
        by_name[name].append(took_s)
    for name, took in sorted(by_name.items()):
        lines.append(
            f"| {name} | {len(took)} | {median(took):.1f} s | {max(took):.1f} s |"
        )
    return "\n".join(lines)
