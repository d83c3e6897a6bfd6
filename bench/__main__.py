"""`python -m bench [--full] [ROW ...]`: measure, print the table, write the results."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import plan
from bench.ground import ground
from bench.notes import Notes
from bench.rows import latency, throughput
from tests.services.environment import settings_for, without_settings

ROWS = {
    "batch": throughput.without_budget,
    "budget": throughput.under_budget,
    "single": throughput.single_events,
    "latency": latency.light_load,
}


def main() -> None:
    options = _options()
    with TemporaryDirectory() as nowhere:
        _set_environment(Path(nowhere))
        notes = measure(
            options.rows or list(ROWS), plan.FULL if options.full else plan.QUICK
        )
    for name, values in notes.runs.items():
        print(f"{name:40} {' '.join(f'{v:12.2f}' for v in values)}")


def measure(rows: list[str], how_much: plan.Plan) -> Notes:
    notes = Notes()
    with ground("postgres") as postgres:
        for name in rows:
            began = time.monotonic()
            ROWS[name](postgres, how_much, notes)
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
            for figure, values in notes.runs.items():
                print(
                    f"{figure:40} {' '.join(f'{v:12.2f}' for v in values)}",
                    file=sys.stderr,
                )
    return notes


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="larger; up to an hour")
    parser.add_argument("rows", nargs="*", metavar="ROW", choices=[[], *ROWS])
    return parser.parse_args()


def _set_environment(var: Path) -> None:
    """Settings for what of the portal runs in this process: how its own are started."""
    ours = settings_for(var=var, database_url="", redis_url="")
    kept = without_settings(os.environ)
    os.environ.clear()
    os.environ.update(kept | ours)


if __name__ == "__main__":
    main()
