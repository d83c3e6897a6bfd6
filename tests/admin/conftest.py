from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _plain_http(settings):
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def olga(admin_user):
    """An operator with all permissions."""
    return admin_user


@pytest.fixture
def staff(admin_client):
    """A browser in which Olga is signed in."""
    return admin_client
