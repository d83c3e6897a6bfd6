"""The settings that tests run with: all of them here, none from the developer."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path

from partner_portal.environment import SETTINGS

READ = {"ENV_FILE", *SETTINGS, *(f"{name}_FILE" for name in SETTINGS)}
FOREIGN = ("PG", "CELERY_", "DJANGO_")  # what libpq, Celery and Django would read
NOWHERE = "http://127.0.0.1:9/v1"  # nothing listens there: no test reaches Segment


def settings_for(*, var: Path, database_url: str, redis_url: str) -> dict[str, str]:
    """Every setting that is not at its default when tests run."""
    return {
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "partner_portal.settings",
        "PYTHONFAULTHANDLER": "1",  # a process that crashes says where, in its log
        "SECRET_KEY": "for tests alone " * 4,
        "ENCRYPTION_KEYS": "t1:" + base64.b64encode(b"for tests alone " * 2).decode(),
        "HTTPS": "off",
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "VAR_DIR": str(var),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SEGMENT_US_URL": NOWHERE,
        "SEGMENT_EU_URL": NOWHERE,
        "SEGMENT_CDN_URL": NOWHERE,
    }


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that the portal or its libraries would read."""
    return {
        name: value
        for name, value in environ.items()
        if name not in READ and not name.startswith(FOREIGN)
    }
