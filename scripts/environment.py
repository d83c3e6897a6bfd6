"""Installs the packages that requirements/<set>.txt locks into .venv, unless they are there.

    python scripts/environment.py run|dev|bench

Uses only the standard library, because it runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BASE_PYTHON = os.path.realpath(sys.executable)
# Output of the programs that we run, and the advice for it. The first match counts.
PROBLEMS = {
    r"No space left on device|Disk quota exceeded": (
        "The disk is full. Free about 1 GB and try again."
    ),
    r"Read-only file system|Permission denied|Operation not permitted": (
        f"{VENV} cannot be written. Run make as the owner of {ROOT}; if .venv belongs to"
        " another user, such as root after `sudo make`, have that user delete it."
    ),
    r"ensurepip|No module named '?(?:venv|pip)\b": (
        "This Python has no venv module. On Debian and Ubuntu, install the package"
        f" python3.{sys.version_info.minor}-venv or python3-venv, or uv, and try again."
    ),
    r"THESE PACKAGES DO NOT MATCH THE HASHES|Hash mismatch": (
        "The files from the package index differ from those locked in requirements/. Check"
        " the index in PIP_INDEX_URL or pip's configuration."
    ),
    r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|UnknownIssuer": (
        "The certificate of the package index could not be verified. Set PIP_CERT to your"
        " proxy's certificate."
    ),
    r"NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|name resolution"
    r"|Name or service not known|Connection refused|Network is unreachable|timed out"
    r"|Could not fetch URL|Failed to establish|Failed to fetch": (
        "The package index could not be reached. Check the network. If you need a proxy or"
        " your own index, set https_proxy or PIP_INDEX_URL."
    ),
}


def main() -> None:
    (name,) = sys.argv[1:]
    with (ROOT / "requirements" / "run.txt").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # only one make installs at a time
        if not is_current("run"):
            make_environment()
            install("run")
        if not is_current(name):
            install(name)


def call(command: list[str | Path]) -> str | None:
    """Run a program and show its output. Returns what to do if it failed, or None."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, end="", file=sys.stderr, flush=True)
    if done.returncode == 0:
        return None
    found = (PROBLEMS[each] for each in PROBLEMS if re.search(each, done.stdout))
    return next(found, "See the output above for the reason.")


def is_current(name: str) -> bool:
    """Whether this Python created the environment from this lock file."""
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
    """Create an empty .venv, and delete an earlier one."""
    print(f"Creating .venv with {BASE_PYTHON} ...", flush=True)
    if uv := find_uv():
        command = [uv, "venv", "--quiet", "--clear", "--seed", "--python", BASE_PYTHON]
        if call([*command, VENV]) is None:
            return
    if problem := call([BASE_PYTHON, "-m", "venv", "--clear", VENV]):
        sys.exit(f"Python could not create .venv. {problem}")


def install(name: str) -> None:
    """Install the locked packages. Other packages in the environment are kept."""
    print(f"Installing requirements/{name}.txt ...", flush=True)
    python = VENV / "bin" / "python"
    locked = ("--require-hashes", "-r", lock_file(name))
    uv = find_uv()
    command = [uv, "pip", "install", "--quiet", "--python", python, *locked]
    # Use pip without uv or if uv fails: unlike uv, pip reads pip's configuration, which
    # may contain a company's own index.
    if not uv or call(command):
        problem = call([python, "-m", "pip", "install", "--quiet", *locked])
        if problem:
            sys.exit(f"requirements/{name}.txt could not be installed. {problem}")
    stamp(name).write_text(state(name))


def find_uv() -> str | None:
    own = ROOT / ".uv" / "bin" / "uv"  # installed by python.sh if necessary
    return str(own) if own.exists() else shutil.which("uv")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:  # for our own files; programs' errors are in PROBLEMS
        sys.exit(f"{error.filename or VENV} cannot be used: {error.strerror}.")
