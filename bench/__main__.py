"""`python -m bench [--full] [ROW ...]`: measure, print the table, write the results."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.harness import plan
from bench.harness.benchmark import Benchmark
from bench.harness.servers import bench_servers
from bench.output import report
from bench.rows import ON_DEMAND, ROWS
from tests.servers.environment import settings_for, without_settings


def main() -> None:
    options = _options()
    how_much = plan.FULL if options.full else plan.QUICK
    with ExitStack() as stack:
        _set_environment(Path(stack.enter_context(TemporaryDirectory())))
        postgres = stack.enter_context(bench_servers("postgres"))
        sqlite = stack.enter_context(bench_servers("sqlite"))
        bench = Benchmark(postgres, sqlite, how_much)
        failed = [n for n in options.rows or ROWS if not measures(n, bench)]
        programs = [*postgres.programs, *sqlite.programs]
    print(report.table(bench.notes))
    if failed:
        sys.exit(f"Nothing was written: {', '.join(failed)} failed.")
    if drawn := report.draw(bench.notes):
        print(f"Drawn: {', '.join(drawn)}.")
    if options.rows:
        print("No figures were written: not all rows were measured.")
    else:
        report.write(bench.notes, how_much, programs)


def measures(name: str, bench: Benchmark) -> bool:
    """Measure one row; return False, with the reason printed, if that fails."""
    began, known = time.monotonic(), set(bench.notes.runs)
    print(f"{name} …", end=" ", file=sys.stderr, flush=True)
    try:
        (ROWS | ON_DEMAND)[name](bench)
    except Exception:  # noqa: BLE001 - printed, and the benchmark as a whole fails
        traceback.print_exc()
        return False
    new = ", ".join(report.brief(bench.notes, set(bench.notes.runs) - known))
    print(f"{time.monotonic() - began:.0f} s: {new}", file=sys.stderr, flush=True)
    return True


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="larger; up to an hour")
    names = [*ROWS, *ON_DEMAND]
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(names))
    options = parser.parse_args()
    if unknown := set(options.rows) - set(names):
        parser.error(f"{min(unknown)!r} is none of the rows {', '.join(names)}")
    return options


def _set_environment(var: Path) -> None:
    """Return the settings for the parts of the portal that run in this process."""
    ours = settings_for(var=var, database_url="", redis_url="")
    kept = without_settings(os.environ)
    os.environ.clear()
    os.environ.update(kept | ours)


if __name__ == "__main__":
    main()
