from __future__ import annotations

import pytest

from streams.base.clock import now
from tests.servers.smtp import smtp_server


@pytest.fixture
def smtp(settings):
    """An SMTP server, to which this process sends its emails."""
    with smtp_server() as server:
        settings.MAILERS = {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": server.port, "timeout": 10},
            }
        }
        yield server


@pytest.fixture
def start():
    return now()
