"""A progress bar: one updated line in a terminal, a few lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

WIDTH = 32
STEPS = 5  # lines if the output is not a terminal


class Progress:
    """Shows how many of `total` events have been sent, and the rate."""

    def __init__(self, out: OutputWrapper, total: int) -> None:
        self._out = out
        self._total = total
        self._began = time.monotonic()
        self._shown_steps = 0
        self._rewrites = out.isatty()

    def show(self, done: int) -> None:
        share = done / self._total
        rate = done / max(time.monotonic() - self._began, 0.001)
        counts = f"{done:,} of {self._total:,} events, {rate:,.0f}/s"
        if self._rewrites:
            filled = round(WIDTH * share)
            bar = "█" * filled + "░" * (WIDTH - filled)
            self._write(f"\r  {bar}  {counts}  ", end="\n" if share == 1 else "")
        elif int(STEPS * share) > self._shown_steps:
            self._shown_steps = int(STEPS * share)
            self._write(f"  {counts}")

    def _write(self, text: str, *, end: str = "\n") -> None:
        self._out.write(text, ending=end)
        self._out.flush()
