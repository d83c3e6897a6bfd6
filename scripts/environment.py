"""Makes .venv hold what requirements/<set>.txt locks; does nothing where it does.

    python scripts/environment.py run|dev

Needs the standard library alone: it runs before anything is installed.
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
        "The package index sent other files than requirements/ locks. Check which index"
        " PIP_INDEX_URL or pip's configuration names."
    ),
    r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|UnknownIssuer": (
        "The certificate of the package index could not be verified. Name the certificate"
        " of your proxy in PIP_CERT."
    ),
    r"NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|name resolution"
    r"|Name or service not known|Connection refused|Network is unreachable|timed out"
    r"|Could not fetch URL|Failed to establish|Failed to fetch": (
        "The package index could not be reached. Check the network, and set https_proxy or"
        " PIP_INDEX_URL if you need a proxy or an index of your own."
    ),
}


def main() -> None:
    (name,) = sys.argv[1:]
    with (ROOT / "requirements" / "run.txt").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once: one installs, one waits
        if not is_current("run"):
            make_environment()
            install("run")
        if not is_current(name):
            install(name)


def call(command: list[str | Path]) -> str | None:
    """Run a program, and show what it prints; what to do if it fails, None: it did not."""
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
    return next(found, "The lines above say why.")


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
        if call([*command, VENV]) is None:
            return
    if problem := call([BASE_PYTHON, "-m", "venv", "--clear", VENV]):
        sys.exit(f"Python could not create .venv. {problem}")


def install(name: str) -> None:
    """Bring the environment to the lock file; what else it holds may stay."""
    print(f"Installing requirements/{name}.txt ...", flush=True)
    python = VENV / "bin" / "python"
    locked = ("--require-hashes", "-r", lock_file(name))
    uv = find_uv()
    command = [uv, "pip", "install", "--quiet", "--python", python, *locked]
    # pip where there is no uv, and where uv fails: it knows pip's configuration,
    # in which a company may name its own index, and uv does not.
    if not uv or call(command):
        problem = call([python, "-m", "pip", "install", "--quiet", *locked])
        if problem:
            sys.exit(f"requirements/{name}.txt could not be installed. {problem}")
    stamp(name).write_text(state(name))


def find_uv() -> str | None:
    own = ROOT / ".uv" / "bin" / "uv"  # made by python.sh where it had to
    return str(own) if own.exists() else shutil.which("uv")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:  # of a file of ours: that of the programs is in PROBLEMS
        sys.exit(f"{error.filename or VENV} cannot be used: {error.strerror}.")
