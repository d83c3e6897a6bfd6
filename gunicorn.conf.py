"""What gunicorn does for web and ingest alike; it reads this file from its folder."""

from __future__ import annotations

import subprocess
import sys


def on_starting(server: object) -> None:
    """Refuse to start, with one line and exit code 1, rather than respond with errors."""
    checked = subprocess.run(
        [sys.executable, "-m", "partner_portal.preflight"], check=False
    )
    if checked.returncode:
        sys.exit(1)
