"""Runs the code of a Destination Function in Node, as Segment does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

RUNNER = Path(__file__).with_name("run_function.mjs")


def call_function(
    code: str, *calls: tuple[str, object], secret: str = "the-secret"
) -> list[dict]:
    """Call handlers, each with its event, one after the other; return how each ended."""
    if shutil.which("node") is None:
        pytest.skip("no node on this machine")
    settings = {"inboundSecret": secret}
    order = {
        "code": code,
        "calls": [
            {"handler": handler, "event": event, "settings": settings}
            for handler, event in calls
        ],
    }
    done = subprocess.run(
        ["node", RUNNER, json.dumps(order)],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
