"""Runs every check but the tests; ends with the line `N passed, N failed`.

All of them run, whatever fails: a check that could not run is one that failed.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The settings of a production installation. No check connects to any of these servers.
PRODUCTION = {
    "ENV_FILE": os.devnull,
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ENCRYPTION_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "ALLOWED_HOSTS": "portal.example.com",
    "TRUST_PROXY": "on",
    "INGEST_URL": "https://ingest.example.com",
    "DATABASE_URL": "postgres://portal@database.example.com/portal",
    "REDIS_URL": "redis://broker.example.com:6379/0",
    "EMAIL_URL": "smtp://mail.example.com:587",
    "DEFAULT_FROM_EMAIL": "portal@example.com",
    "REVIEW_EMAIL": "review@example.com",
}
# makemigrations asks the database what was applied: an empty one has no say.
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
}


def main() -> None:
    failed = [name for name in CHECKS if not passes(name)]
    for name in failed:
        print(f"failed: {name} ({CHECKS[name][0]})")
    print(f"{len(CHECKS) - len(failed)} passed, {len(failed)} failed")
    sys.exit(bool(failed))


def passes(name: str) -> bool:
    """Run one check in an environment of its own, the developer's settings left out."""
    command, changes = CHECKS[name]
    print(f"--- {name}: {command}", flush=True)
    program, *arguments = command.split()
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return (
        subprocess.call(
            [ROOT / ".venv" / "bin" / program, *arguments],
            cwd=ROOT,
            env=kept | PRODUCTION | changes,
            stdin=subprocess.DEVNULL,
        )
        == 0
    )


if __name__ == "__main__":
    main()
