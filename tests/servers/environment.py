"""The settings of the tests, of which none comes from the developer's environment."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path

from partner_portal.environment import SETTINGS

READ = {"ENV_FILE", *SETTINGS, *(f"{name}_FILE" for name in SETTINGS)}
FOREIGN = ("PG", "CELERY_", "DJANGO_")  # variables of libpq, Celery and Django
NOWHERE = "http://127.0.0.1:9/v1"  # nothing listens there: no test reaches Segment


def settings_for(*, var: Path, database_url: str, redis_url: str) -> dict[str, str]:
    """Return every setting that has another value than its default in tests."""
    return {
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "partner_portal.settings",
        "PYTHONFAULTHANDLER": "1",  # a process that crashes logs its position
        "SECRET_KEY": "for tests alone " * 4,
        "ENCRYPTION_KEYS": "t1:" + base64.b64encode(b"for tests alone " * 2).decode(),
        "IDENTITY_KEYS": "t1:" + base64.b64encode(b"for links alone " * 2).decode(),
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
    """Return the environment without any setting of the portal or its libraries."""
    return {
        name: value
        for name, value in environ.items()
        if name not in READ and not name.startswith(FOREIGN)
    }
