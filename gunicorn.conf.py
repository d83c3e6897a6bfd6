"""gunicorn's configuration for web and ingest; gunicorn reads it from its working folder.

The master runs our files instead of importing them, because the workers that it starts on
SIGHUP would inherit its outdated imports.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from runpy import run_path

from gunicorn.glogging import Logger

ROOT = Path(__file__).resolve().parent


def on_starting(server: object) -> None:
    """Refuse to start with one line and exit code 1, instead of responding with errors."""
    checked = subprocess.run(
        [sys.executable, "-m", "partner_portal.preflight"], check=False
    )
    if checked.returncode:
        sys.exit(1)


def log_format() -> str:
    """Return LOG_FORMAT from the settings. Their errors are reported later."""
    env_file = run_path(str(ROOT / "partner_portal" / "environment" / "env_file.py"))
    path = Path(os.environ.get("ENV_FILE", "").strip() or ROOT / ".env")
    try:
        of_file, _ = env_file["read"](path)
    except env_file["UnreadableFile"]:
        of_file = {}
    return (of_file | os.environ).get("LOG_FORMAT", "").strip().lower()


if log_format() == "json":
    lines = run_path(str(ROOT / "streams" / "base" / "json_logs.py"))
    lines["install_for_server"]()

    class JsonLogger(Logger):  # type: ignore[misc] # gunicorn has no types
        def setup(self, cfg: object) -> None:
            super().setup(cfg)
            for handler in (*self.error_log.handlers, *self.access_log.handlers):
                handler.setFormatter(lines["JsonFormatter"]())

    logger_class = JsonLogger
