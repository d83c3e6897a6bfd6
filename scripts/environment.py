"""Makes .venv hold what requirements/<set>.txt locks; does nothing where it does.

    python scripts/environment.py run|dev

Needs the standard library alone: it runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BASE_PYTHON = os.path.realpath(sys.executable)


def main() -> None:
    (name,) = sys.argv[1:]
    with (ROOT / "requirements" / "run.txt").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once: one installs, one waits
        if not is_current("run"):
            make_environment()
            install("run")
        if not is_current(name):
            install(name)


def is_current(name: str) -> bool:
    """Whether the environment was made by this Python from this lock file."""
    try:
        return stamp(name).read_text() == state(name)
    except FileNotFoundError:
        return False


def stamp(name: str) -> Path:
    return VENV / f"{name}.stamp"


def state(name: str) -> str:
    return f"{hashlib.sha256(lock_file(name).read_bytes()).hexdigest()} {BASE_PYTHON}\n"


def lock_file(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def make_environment() -> None:
    """An empty .venv in place of any earlier one."""
    print(f"Making .venv with {BASE_PYTHON} ...", flush=True)
    if uv := find_uv():
        command = [uv, "venv", "--quiet", "--clear", "--seed", "--python", BASE_PYTHON]
        if subprocess.call([*command, VENV]) == 0:
            return
    if subprocess.call([BASE_PYTHON, "-m", "venv", "--clear", VENV]) != 0:
        sys.exit(
            "Python could not make an environment. On Debian and Ubuntu, install the"
            f" package python3.{sys.version_info.minor}-venv, or uv, and try again."
        )


def install(name: str) -> None:
    """Bring the environment to the lock file; what else it holds may stay."""
    print(f"Installing requirements/{name}.txt ...", flush=True)
    python = VENV / "bin" / "python"
    locked = ("--require-hashes", "-r", lock_file(name))
    uv = find_uv()
    command = [uv, "pip", "install", "--quiet", "--python", python, *locked]
    # pip where there is no uv, and where uv fails: it knows pip's configuration,
    # in which a company may name its own index, and uv does not.
    if not uv or subprocess.call(command) != 0:
        command = [python, "-m", "pip", "install", "--quiet", *locked]
        if subprocess.call(command) != 0:
            sys.exit(f"requirements/{name}.txt could not be installed; see above.")
    stamp(name).write_text(state(name))


def find_uv() -> str | None:
    own = ROOT / ".uv" / "bin" / "uv"  # made by python.sh where it had to
    return str(own) if own.exists() else shutil.which("uv")


if __name__ == "__main__":
    main()
