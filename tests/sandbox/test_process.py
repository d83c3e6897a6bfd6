"""`python -m streams.sandbox` as a process."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.sandbox.calls import ids, send_batch, send_one, track
from tests.segment import sandbox_process

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_stopped(number):
    with sandbox_process() as (segment, process):
        send_one(segment)
        shown = ids(segment)
        process.send_signal(number)
        status = process.wait(timeout=30)

    assert (shown, status) == (["m-1"], 0)


def test_it_stops_while_a_response_hangs():
    with sandbox_process() as (segment, process):
        segment.answers = [{"hang_s": 60}]
        with pytest.raises(TimeoutError):
            send_one(segment, timeout=0.1)
        process.terminate()

        assert process.wait(timeout=30) == 0


def test_it_keeps_as_many_events_as_configured():
    with sandbox_process("--keep", "3") as (segment, _):
        send_batch(segment, *[track(f"m-{n}") for n in range(5)])

        assert ids(segment) == ["m-2", "m-3", "m-4"]
        assert segment.stats()["unique_message_ids"] == 5


def test_it_starts_without_django():
    program = (
        "import sys, streams.sandbox.serving.server; sys.exit('django' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
