"""Runs segment-analytics-python's own test suite against the sandbox.

    .venv/bin/python scripts/segment_python_suite.py [FOLDER]

FOLDER contains the package's source (its `segment` folder). Without it, the source
distribution of the installed version is downloaded from PyPI. In a copy of it, the
sandbox's address replaces Segment's; nothing else changes. Exits with 1 if any test fails,
except the one that needs a slow host.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "segment-analytics-python"
SEGMENT = "https://api.segment.io"
# It expects a timeout of 0.1 ms, but a host on the loopback can respond faster.
NEEDS_A_SLOW_HOST = {"test_should_timeout"}
# The suite imports the package `mock`, which is now part of the standard library.
MOCK = "import sys, unittest.mock\nsys.modules['mock'] = unittest.mock\n"
LINE = re.compile(r"^(?:FAILED|ERROR) \S+::(\w+)", re.MULTILINE)


def main() -> None:
    """Run the suite, and print its output and the result."""
    with tempfile.TemporaryDirectory() as folder, sandbox() as url:
        given = sys.argv[1:]
        source = Path(given[0]) if given else downloaded(Path(folder))
        copy = Path(folder) / "suite" / "segment"
        shutil.copytree(source / "segment", copy)
        redirect(copy, url)
        (copy.parent / "mock.py").write_text(MOCK)
        output = run(copy.parent)
    print(output)
    failed = set(LINE.findall(output))
    print(f"failed: {', '.join(sorted(failed)) or 'none'}")
    sys.exit(bool(failed - NEEDS_A_SLOW_HOST) or " passed" not in output)


def downloaded(folder: Path) -> Path:
    """Download and unpack the source distribution of the installed version."""
    wanted = f"{PACKAGE}=={importlib.metadata.version(PACKAGE)}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    options = ["--no-binary", ":all:", "--dest", str(folder), wanted]
    subprocess.run([*pip, *options], check=True)
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    [source] = [path for path in folder.iterdir() if path.is_dir()]
    return source


@contextlib.contextmanager
def sandbox() -> Iterator[str]:
    """Run a sandbox on a free port, and yield its URL."""
    command = [sys.executable, "-m", "streams.sandbox", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().rpartition(" ")[2]
        finally:
            process.terminate()


def redirect(package: Path, url: str) -> None:
    """Replace Segment's address with the sandbox's in the library and its tests."""
    for file in package.rglob("*.py"):
        file.write_text(file.read_text().replace(SEGMENT, url))


def run(folder: Path) -> str:
    """Run pytest on the copy, and return its output."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider"]
    options = ["-c", "/dev/null", "--rootdir", str(folder), "-W", "ignore"]
    done = subprocess.run(
        [*pytest, *options, str(folder)],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


if __name__ == "__main__":
    main()
