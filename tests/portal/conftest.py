from __future__ import annotations

import pytest


@pytest.fixture
def cast(db, settings, segment, monkeypatch):
    """The usual people, with the sandbox among the regions."""
    # Here, because Django is not set up when this module is loaded.
    from streams.catalog.validation.event_validator import RuleCache
    from streams.observability.issues import rule_search
    from tests import factories

    settings.SANDBOX_URL = segment.url
    # SQLite uses the IDs of a test's plans again in the next one.
    monkeypatch.setattr(rule_search, "_rules", RuleCache())
    return factories.cast()


@pytest.fixture
def as_alice(client, cast):
    """A browser in which Alice, the editor, is signed in."""
    client.force_login(cast.alice)
    return client


@pytest.fixture
def as_bob(client, cast):
    """A browser in which Bob, the viewer, is signed in."""
    client.force_login(cast.bob)
    return client


@pytest.fixture
def as_dev(client, cast):
    """A browser in which the partner's developer is signed in."""
    client.force_login(cast.dev)
    return client


@pytest.fixture
def as_petra(client, cast):
    """A browser in which Petra, the partner's admin, is signed in."""
    client.force_login(cast.petra)
    return client


@pytest.fixture
def as_sam(client, cast):
    """A browser in which the partner's support, who has read access, is signed in."""
    client.force_login(cast.sam)
    return client
