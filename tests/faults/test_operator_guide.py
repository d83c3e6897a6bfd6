"""The operator guide's commands, as they are written there, while events flow."""

from __future__ import annotations

import pytest
import requests
from django.db import connection

from tests.faults.guide import DRILLS, Guide, drills, sections
from tests.faults.lanes import open_lanes
from tests.faults.scene import RECOVERY_BOUND_S, playing
from tests.running import until

pytestmark = [pytest.mark.processes]
NOT_DRILLED = (
    "### With systemd",
    "### The proxy",
    "### The first people",
    "### Rotate ENCRYPTION_KEYS",
    "## Upgrade",
    "### Downgrade",
)


@pytest.fixture
def guide(request, site):
    """The commands of this drill, which has to run them all."""
    found = sections()
    blocks = {heading: found[heading] for heading in DRILLS[request.node.name]}
    made = Guide(site.portal.environ, blocks)
    yield made
    assert made.left() == []


def test_every_command_of_the_guide_is_in_a_drill():
    drilled = [heading for headings in DRILLS.values() for heading in headings]

    assert sorted([*drilled, *NOT_DRILLED]) == sorted(sections())


@drills("## Backups", "## Restore")
def test_a_backup_under_traffic_is_restored_into_a_new_database(site, guide, tmp_path):
    [dump] = guide["## Backups"]
    create, migrate, history, acknowledge, reconcile = guide["## Restore"]
    environ, lanes = site.portal.environ, open_lanes("a", "b")
    old = connection.settings_dict["NAME"]
    guide.environ = names = environ | {
        "BACKUP": str(tmp_path / "portal.dump"),
        "NEW_DATABASE": f"{old}_restored",
        "NEW_DATABASE_URL": environ["DATABASE_URL"].replace(old, f"{old}_restored"),
    }
    site.start("ingest", "web", "beat", "worker-1")
    with playing(site, lanes) as scene:
        scene.recover("the start")
        guide.run(dump)
        scene.recover("a dump")
    site.stop(*site.running)
    acknowledged = {lane.name: lane.acknowledged for lane in lanes}

    guide.run(create)
    environ["DATABASE_URL"] = names["DATABASE_URL"] = names["NEW_DATABASE_URL"]
    guide.run(migrate)
    site.start("web", "beat", "worker-1")
    until(lambda: "went back in time" in guide.printed(history), within_s=60)
    guide.run(history, exits=1)
    assert requests.get(f"{site.urls['web']}/readyz", timeout=10).status_code == 503
    guide.run(acknowledge)
    site.start("ingest")
    send_again(site, lanes, acknowledged)

    until(
        lambda: received(site) == sum(acknowledged.values()), within_s=RECOVERY_BOUND_S
    )
    until(lambda: "0 feeds wrong" in guide.printed(reconcile), within_s=60)


def received(site) -> int:
    """How many different events of the lanes are at Segment."""
    found, last = set(), 0
    while page := site.segment.events_after(last):
        last = page[-1]["number"]
        found |= {shown["event"]["messageId"] for shown in page}
    return len(found)


def send_again(site, lanes, acknowledged) -> None:
    """Every partner sends everything again, with the same messageIds."""
    for lane in lanes:
        for number in range(1, acknowledged[lane.name] + 1, 100):
            last = min(number + 99, acknowledged[lane.name])
            sent = requests.post(
                f"{site.urls['ingest']}/v1/batch",
                json={"batch": [lane.event(n) for n in range(number, last + 1)]},
                auth=(lane.ingest_key, ""),
                timeout=30,
            )
            assert sent.status_code == 200
