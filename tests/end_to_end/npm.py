"""The Node libraries of the tests, installed once for all workers and runs."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "node"
FOLDER = Path(__file__).parents[2] / ".node"  # ignored by git; `make clean` removes it
# No build scripts, and no optional dependencies of the libraries.
NPM_CI = ["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]


@pytest.fixture(scope="session")
def node_libraries() -> Path:
    """Return the folder with `send.mjs` and the libraries that its lock file pins."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no node or npm on this machine")
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one worker installs, the others wait
        _install()
    return FOLDER


def _install() -> None:
    """Bring FOLDER up to date. A folder that is up to date stays untouched."""
    files = sorted(PACKAGE.iterdir())
    wanted, marker = "".join(file.read_text() for file in files), FOLDER / "installed"
    if marker.exists() and marker.read_text() == wanted:
        return
    marker.unlink(missing_ok=True)
    for file in files:
        shutil.copy(file, FOLDER)
    subprocess.run(NPM_CI, cwd=FOLDER, check=True, timeout=300)
    marker.write_text(wanted)


def send(folder: Path, **order: object) -> str:
    """Send as requested (see send.mjs); return the library's errors, "" for none."""
    done = subprocess.run(
        ["node", "send.mjs", json.dumps(order)],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stderr if done.returncode else ""
