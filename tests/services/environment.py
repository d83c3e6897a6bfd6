"""The settings that tests run with: all of them here, none from the developer."""

from __future__ import annotations

import ast
import base64
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.services.keeper import ROOT

SETTINGS = ROOT / "partner_portal" / "settings.py"
FOREIGN = ("PG", "CELERY_", "DJANGO_")  # what libpq, Celery and Django would read
NOWHERE = "http://127.0.0.1:9/v1"  # nothing listens there: no test reaches Segment


def settings_for(*, var: Path, database_url: str, redis_url: str) -> dict[str, str]:
    """Every setting that is not at its default when tests run."""
    return {
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "partner_portal.settings",
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
    names = set(names_read(SETTINGS.read_text()))
    names |= {f"{name}_FILE" for name in names}
    return {
        name: value
        for name, value in environ.items()
        if name not in names and not name.startswith(FOREIGN)
    }


def names_read(source: str) -> Iterator[str]:
    """Every name that settings with this source text read from the environment."""
    for call in environment_calls(source):
        yield ast.literal_eval(call.args[0])


def environment_calls(source: str) -> Iterator[ast.Call]:
    """Each `env(...)`, `env.<type>(...)` and `os.environ.get(...)`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _asks_environment(ast.unparse(node.func)):
            yield node


def _asks_environment(function: str) -> bool:
    if function == "env.db_url_config":  # parses a value, reads none
        return False
    return function in {"env", "os.environ.get"} or function.startswith("env.")
