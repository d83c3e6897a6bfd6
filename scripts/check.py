"""Run every check, or only those named; end with `N passed, N failed`.

    python scripts/check.py [NAME...]

All of them run, even if one fails. A check that cannot run has failed. As many run at the
same time as there are processors; the output of each is printed when it ends.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The settings of a production installation. No check connects to any of these servers.
PRODUCTION = {
    "ENV_FILE": os.devnull,
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ENCRYPTION_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "IDENTITY_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "ALLOWED_HOSTS": "portal.example.com",
    "TRUST_PROXY": "on",
    "PORTAL_URL": "https://portal.example.com",
    "INGEST_URL": "https://ingest.example.com",
    "DATABASE_URL": "postgres://portal@database.example.com/portal",
    "REDIS_URL": "redis://broker.example.com:6379/0",
    "EMAIL_URL": "smtp://mail.example.com:587",
    "DEFAULT_FROM_EMAIL": "portal@example.com",
    "REVIEW_EMAIL": "review@example.com",
}
# makemigrations reads the applied migrations from the database; an empty one has none.
EMPTY_DATABASE = {"DATABASE_URL": "sqlite://:memory:"}
CHECKS: dict[str, tuple[str, dict[str, str]]] = {
    "format": ("ruff format --check .", {}),
    "lint": ("ruff check .", {}),
    "types": ("mypy", {}),
    "migrations": (
        "python -W error manage.py makemigrations --check --dry-run",
        EMPTY_DATABASE,
    ),
    "settings": (
        "python -W error manage.py check --deploy --fail-level WARNING",
        {},
    ),
    "templates": ("djlint --lint --quiet templates", {}),
    "docs": ("python scripts/check_docs.py", {}),
    "prose": ("python -m scripts.prose", {}),
    # Every page with accented texts: none comes from outside gettext. `make test` leaves
    # this to `make check` (tests/run.py).
    "pseudo-locale": ("python -m pytest -q -p no:cacheprovider tests/surfaces", {}),
    # The hooks that are not a check above.
    "hooks": (
        "pre-commit run --all-files",
        {"SKIP": "ruff-format,ruff,types,templates,docs,prose"},
    ),
}


def main() -> None:
    chosen = sys.argv[1:] or list(CHECKS)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        failed = [
            name
            for name, passed in zip(chosen, threads.map(passes, chosen), strict=True)
            if not passed
        ]
    for name in failed:
        print(f"failed: {name} ({CHECKS[name][0]})")
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed")
    sys.exit(bool(failed))


def passes(name: str) -> bool:
    """Run one check in a separate environment, without the developer's settings."""
    command, changes = CHECKS[name]
    program, *arguments = command.split()
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / program, *arguments],
        cwd=ROOT,
        env=kept | PRODUCTION | changes,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(f"--- {name}: {command}\n{done.stdout}", end="", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main()
