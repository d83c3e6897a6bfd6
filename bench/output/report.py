"""Print the table, and write bench/results/."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Container, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from bench.output import distributions
from bench.output.figures import FIGURES, figures_of
from bench.output.plots import CURVES, plot, short
from tests.servers.keeper import ROOT

if TYPE_CHECKING:
    from bench.harness.plan import Plan
    from bench.measure.samples import Notes
    from bench.output.figure import Figure

RESULTS = ROOT / "bench" / "results"
CHANGED = ("diff", "--quiet", "HEAD", "--", ":!bench/results")
PACKAGES = ("django", "celery", "gunicorn", "psycopg", "msgspec", "redis")
HEADINGS = ("figure", "", "unit", "runs", "goal", "", "of its baseline")


def table(notes: Notes) -> str:
    """Return every measured figure: value, range of the runs, goal, ratio to its baseline."""
    figures = figures_of(notes.runs)
    rows = [
        _row(figure, figures, notes.runs.get(figure.name, ()))
        for figure in FIGURES
        if figure.name in figures
    ]
    return "\n".join([*_aligned([HEADINGS, *rows]), *_curves(notes)])


def brief(notes: Notes, names: Container[str]) -> Iterator[str]:
    """Return these figures in a few words, to show progress."""
    for name, value in figures_of(notes.runs).items():
        if name in names:
            yield f"{name} {_short(value)}"


def _curves(notes: Notes) -> Iterator[str]:
    for curve in CURVES:
        points = notes.points(curve.name)
        if points:
            shown = ", ".join(f"{short(x)}: {_short(y)}" for x, y in points)
            yield f"{curve.title}, {curve.y} by {curve.x}: {shown}"


def _row(
    figure: Figure, figures: dict[str, float], runs: Sequence[float]
) -> tuple[str, ...]:
    value = figures[figure.name]
    goal = figure.goal
    return (
        figure.name,
        _short(value),
        figure.unit,
        f"{_short(min(runs))} … {_short(max(runs))}" if len(runs) > 1 else "",
        str(goal) if goal else "",
        ("met" if goal.is_met(value) else "MISSED") if goal else "",
        _ratio(value, figures.get(figure.baseline)),
    )


def _ratio(value: float, baseline: float | None) -> str:
    return f"{_short(value / baseline)} x" if baseline else ""


def _short(value: float) -> str:
    """Return a number with three significant digits."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, value, *rest in rows:
        cells = [name.ljust(widths[0]), value.rjust(widths[1])]
        cells += [c.ljust(w) for c, w in zip(rest, widths[2:], strict=True)]
        yield "  ".join(cells).rstrip()


def write(notes: Notes, plan: Plan, programs: Sequence[str]) -> None:
    """Write all measurements to bench/results/latest.json."""
    RESULTS.mkdir(exist_ok=True)
    curves = {name: notes.points(name) for name in notes.curves}
    results = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "plan": plan.name,
        "machine": machine(),
        "versions": versions(programs),
        "figures": {n: _rounded(v) for n, v in figures_of(notes.runs).items()},
        "runs": {n: [_rounded(v) for v in values] for n, values in notes.runs.items()},
        "curves": {n: [[x, _rounded(y)] for x, y in p] for n, p in curves.items()},
    }
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / "latest.json").write_text(text)
    print(f"Written to {RESULTS.relative_to(Path.cwd())}.")


def draw(notes: Notes) -> list[str]:
    """Draw a plot of each measured curve and distribution; return the files' names."""
    RESULTS.mkdir(exist_ok=True)
    pictures = {
        c.file: plot(c, notes.points(c.name)) for c in CURVES if c.name in notes.curves
    } | {
        s.file: distributions.plot(s, notes.spreads[s.name])
        for s in distributions.DISTRIBUTIONS
        if s.name in notes.spreads
    }
    for file, picture in pictures.items():
        (RESULTS / file).write_text(picture)
    return list(pictures)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def commit() -> str:
    """Return the measured commit, with `+` if files differ from it."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    return head + ("+" if subprocess.call([*git, *CHANGED]) else "")


def machine() -> dict[str, Any]:
    cpu = Path("/proc/cpuinfo").read_text().partition("model name")[2]
    return {
        "cpu": cpu.partition("\n")[0].strip("\t: "),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        # Shows other work on the machine; without any, it is the load of the benchmark.
        "load_average": psutil.getloadavg()[2],
    }


def _named(program: str) -> str:
    """Return a server's name and version, without this machine's folders."""
    _, _, product = program.rstrip(")").partition(" (")
    return product or Path(program).name


def versions(programs: Sequence[str]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "servers": [_named(program) for program in programs],
    }
