from __future__ import annotations

import pytest


@pytest.fixture
def cast(db, settings, segment):
    """Everybody, and the sandbox among the regions."""
    from tests import (
        factories,  # here: Django is not set up yet when this file is loaded
    )

    settings.SANDBOX_URL = segment.url
    return factories.cast()


@pytest.fixture
def as_alice(client, cast):
    """A browser in which Alice, the editor, has signed in."""
    client.force_login(cast.alice)
    return client


@pytest.fixture
def as_bob(client, cast):
    """A browser in which Bob, the viewer, has signed in."""
    client.force_login(cast.bob)
    return client


@pytest.fixture
def as_dev(client, cast):
    """A browser in which the partner's developer has signed in."""
    client.force_login(cast.dev)
    return client


@pytest.fixture
def as_petra(client, cast):
    """A browser in which Petra, the partner's admin, has signed in."""
    client.force_login(cast.petra)
    return client


@pytest.fixture
def as_sam(client, cast):
    """A browser in which the partner's support has signed in, who may only look."""
    client.force_login(cast.sam)
    return client
