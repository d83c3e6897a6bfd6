from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

TIMEOUT_S = 10  # users wait meanwhile


def mailer(url: str, var_dir: Path) -> dict[str, Any]:
    """Return Django's mailer for EMAIL_URL. `filemail://` keeps emails in `var_dir`/outbox."""
    if url == "filemail://":
        return {
            "BACKEND": "streams.base.outbox.OutboxBackend",
            "OPTIONS": {"file_path": var_dir / "outbox"},
        }
    config = environ.Env.email_url_config(url)
    if not config["EMAIL_HOST"]:
        return {"BACKEND": config["EMAIL_BACKEND"], "OPTIONS": {}}
    return {
        "BACKEND": config["EMAIL_BACKEND"],
        "OPTIONS": {
            "host": config["EMAIL_HOST"],
            "port": config["EMAIL_PORT"],
            "username": config["EMAIL_HOST_USER"],
            "password": config["EMAIL_HOST_PASSWORD"],
            "use_tls": config.get("EMAIL_USE_TLS"),
            "use_ssl": config.get("EMAIL_USE_SSL"),
            "timeout": TIMEOUT_S,
        },
    }
