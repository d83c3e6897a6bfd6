"""Scripts that `make` runs before anything is installed."""

from __future__ import annotations

import ctypes
import resource
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from streams.base.keyring import KeyRing
from streams.devtools.demo.accounts import STAFF
from tests.servers.keeper import ROOT

SUPPORTED = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24
TOO_OLD = "#!/bin/sh\nexit 1\n"  # the output of the question for its version
SHIM = "#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2\nexit 127\n"


@pytest.fixture
def checkout(tmp_path):
    """A checkout with nothing installed, on a machine without Python and uv."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "bin").mkdir()
    for name in ("sh", "dirname", "ls", "cat", "sed", "mkdir"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    return tmp_path


def place(checkout: Path, **programs: str) -> None:
    """Put programs on the PATH, or elsewhere. `__` in a name stands for a dot."""
    for name, text in programs.items():
        program = checkout / "bin" / name.replace("__", ".")
        program.write_text(text)
        program.chmod(0o755)


def find_python(checkout: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts" / "python.sh"],
        env={"PATH": str(checkout / "bin"), "HOME": str(checkout / "home")} | environ,
        capture_output=True,
        text=True,
    )


def test_a_python_is_found_behind_old_ones_and_broken_shims(checkout):
    place(checkout, python3=TOO_OLD, python3__13=SHIM, python3__12=SUPPORTED)

    assert find_python(checkout).stdout == f"{sys.executable}\n"


def test_a_python_of_pyenv_is_found_although_it_is_not_on_the_path(checkout):
    folder = checkout / "home/.pyenv/versions/3.13.0/bin"
    folder.mkdir(parents=True)
    (folder / "python3.13").symlink_to(sys.executable)

    assert find_python(checkout).stdout == f"{folder}/python3.13\n"


def test_the_requested_python_is_used(checkout):
    place(checkout, mine=SUPPORTED, python3=SHIM)

    found = find_python(checkout, PYTHON=f"{checkout}/bin/mine")

    assert found.stdout == f"{sys.executable}\n"


def test_a_requested_python_that_is_too_old_is_refused(checkout):
    place(checkout, old=TOO_OLD, python3=SUPPORTED)

    found = find_python(checkout, PYTHON="old")

    message = "PYTHON=old is not a working Python 3.12 or newer.\n"
    assert (found.returncode, found.stdout, found.stderr) == (1, "", message)


def test_uv_fetches_a_python_if_there_is_none(checkout):
    uv = '#!/bin/sh\n[ "$2" = find ] && echo /fetched/python3.13\nexit 0\n'
    place(checkout, uv=uv, python3=TOO_OLD)

    assert find_python(checkout).stdout == "/fetched/python3.13\n"


def test_without_a_python_a_message_says_how_to_get_one(checkout):
    place(checkout, python3=TOO_OLD, python3__12=SHIM)

    found = find_python(checkout)

    assert (found.returncode, found.stdout) == (1, "")
    assert "apt install python3 python3-venv" in found.stderr


def write_settings(checkout: Path, **environ: str) -> str:
    return subprocess.run(
        [sys.executable, checkout / "scripts" / "first_settings.py"],
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_first_run_creates_settings_for_its_user_only(checkout):
    write_settings(checkout)

    file = checkout / ".env"
    settings = dict(
        line.split("=", 1) for line in file.read_text().splitlines() if line[0] != "#"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert settings.keys() == {
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "IDENTITY_KEYS",
        "HTTPS",
        "REQUIRE_SECOND_FACTOR",
        "ALLOWED_HOSTS",
        "REVIEW_EMAIL",
    }
    KeyRing.parse([settings["ENCRYPTION_KEYS"]])
    KeyRing.parse([settings["IDENTITY_KEYS"]])
    assert settings["REVIEW_EMAIL"] == STAFF.email


def test_existing_settings_are_unchanged(checkout):
    (checkout / ".env").write_text("SECRET_KEY=mine\n")

    said = write_settings(checkout)

    assert (said, (checkout / ".env").read_text()) == ("", "SECRET_KEY=mine\n")


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FILE", "ENV_FILE"])
def test_settings_in_the_environment_need_no_file(checkout, name):
    write_settings(checkout, **{name: "set"})

    assert not (checkout / ".env").exists()


def obey_permissions():
    """Have root obey them, too."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def run(checkout, name, *arguments, **options):
    return subprocess.run(
        [sys.executable, checkout / "scripts" / name, *arguments],
        env={"PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
        **options,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="root's rights are dropped")
@pytest.mark.parametrize(
    ("name", "arguments"), [("first_settings.py", ()), ("environment.py", ("run",))]
)
def test_a_read_only_checkout_is_named(checkout, name, arguments):
    checkout.chmod(0o555)
    done = run(checkout, name, *arguments, preexec_fn=obey_permissions)
    checkout.chmod(0o755)

    said = done.stderr.splitlines()[-1]
    assert (done.returncode, "Permission denied" in done.stderr) == (1, True)
    assert "cannot be written" in said
    assert f"owner of {checkout}" in said
    assert "Traceback (most" not in done.stderr


def test_an_interrupted_run_leaves_no_incomplete_settings(checkout):
    done = run(checkout, "first_settings.py", preexec_fn=limit_files)

    assert done.returncode == 1
    assert done.stderr.startswith(f"{checkout}/.env cannot be written: File too large.")
    assert not (checkout / ".env").exists()


@pytest.mark.parametrize(
    ("printed", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full."),
        ("PermissionError: [Errno 13] Permission denied", ".venv cannot be written."),
        ("No module named pip", "install the package python3."),
        ("NewConnectionError: [Errno -3] Temporary failure in name resolution", "Check the network"),
        ("ProxyError('Cannot connect to proxy.')", "set https_proxy"),
        ("SSL: CERTIFICATE_VERIFY_FAILED", "PIP_CERT"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "PIP_INDEX_URL"),
        ("Segmentation fault", "See the output above for the reason."),
    ],
)  # fmt: skip
def test_a_failed_installation_reports_its_cause(checkout, printed, advice):
    place(checkout, uv="#!/bin/sh\nexit 2\n")
    python = checkout / ".venv" / "bin" / "python"
    program = f'#!/bin/sh\necho "{printed}" >&2\nexit 1\n'
    code = (
        "import runpy, sys, pathlib\n"
        f"environment = runpy.run_path({str(checkout / 'scripts' / 'environment.py')!r})\n"
        "environment['install']('run')\n"
    )
    python.parent.mkdir(parents=True)
    python.write_text(program)
    python.chmod(0o755)

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
    )

    lines = done.stderr.splitlines()
    assert (done.returncode, lines[0]) == (1, printed)
    assert lines[-1].startswith("requirements/run.txt could not be installed. ")
    assert advice in lines[-1]
