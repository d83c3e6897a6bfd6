"""The site that a test hurts: on the test's own database, with quick leases."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.faults.site import site as new_site
from tests.running import database_url
from tests.services import valkey

QUICK = {"LEASE_S": "5", "SEGMENT_TIMEOUT_S": "5"}


@pytest.fixture
def site(transactional_db, services, tmp_path, settings):
    """Nothing runs yet."""
    environ = services.environ(DATABASE_URL=database_url(), **QUICK)
    with new_site(environ, tmp_path, broker=broker_binary()) as made:
        settings.LEASE_S = 5.0
        yield made


def broker_binary():
    """As in production on PostgreSQL, as in the first run on SQLite."""
    own = connection.vendor == "sqlite"
    return valkey.embedded_binary() if own else valkey.find_binary()
