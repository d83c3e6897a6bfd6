"""Measure processes: processor time and peak memory, each with all its children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

MIB = 1024 * 1024


class Meter:
    """Counts since its creation, or since the last `reset`."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self.reset()

    def reset(self) -> None:
        self._before = {name: cpu_s(pid) for name, pid in self._pids.items()}

    def cpu_s(self) -> dict[str, float]:
        """Return the seconds of processor time of each process since then."""
        return {n: cpu_s(pid) - self._before[n] for n, pid in self._pids.items()}

    def forget_peaks(self) -> None:
        """Reset the kernel's count of peak memory."""
        for pid in self._pids.values():
            for process in _tree(pid):
                Path(f"/proc/{process.pid}/clear_refs").write_text("5")

    def peak_mib(self) -> dict[str, float]:
        """Return the largest resident size among the processes of each, in MiB."""
        return {n: max(map(_peak, _tree(pid))) / MIB for n, pid in self._pids.items()}


def cpu_s(pid: int) -> float:
    """Return the processor time of a process and its children, including ended ones."""
    return sum(sum(process.cpu_times()[:4]) for process in _tree(pid))


def _tree(pid: int) -> Iterator[psutil.Process]:
    root = psutil.Process(pid)
    yield root
    yield from root.children(recursive=True)


def _peak(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
