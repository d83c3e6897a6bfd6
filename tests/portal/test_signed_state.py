from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.core.exceptions import BadRequest

from streams.connections.models import Connection
from streams.connections.regions import Region
from streams.portal.connection.pending_key import SALT, PendingChange, opened
from streams.tenancy.models import User
from tests.connections.test_write_keys import ring
from tests.factories import NOW, WRITE_KEY

HERE, ALICE = Connection(public_id="bcdfghjkmnpq"), User(pk=1)
CHANGE = PendingChange(Region.EU, WRITE_KEY)


def test_a_change_is_restored_unchanged():
    assert opened(CHANGE.seal(HERE, ALICE), HERE, ALICE) == CHANGE


def test_the_page_does_not_contain_the_key():
    carried = CHANGE.seal(HERE, ALICE)

    assert WRITE_KEY not in carried
    content = json.dumps(signing.loads(carried, salt=SALT))
    assert WRITE_KEY not in content
    assert base64.b64encode(WRITE_KEY.encode()).decode() not in content
    assert WRITE_KEY not in repr(CHANGE)


@pytest.mark.parametrize(
    ("connection", "person"),
    [(Connection(public_id="zzzzzzzzzzzz"), ALICE), (HERE, User(pk=2))],
)
def test_it_opens_for_the_same_connection_and_person_only(connection, person):
    with pytest.raises(BadRequest):
        opened(CHANGE.seal(HERE, ALICE), connection, person)


def test_a_forged_state_is_refused():
    with pytest.raises(BadRequest):
        opened("made up", HERE, ALICE)


def test_it_opens_for_15_minutes():
    with time_machine.travel(NOW, tick=False) as clock:
        carried = CHANGE.seal(HERE, ALICE)
        clock.shift(timedelta(minutes=15, seconds=1))

        assert opened(carried, HERE, ALICE) is None


def test_a_state_encrypted_with_an_unknown_newer_key_must_be_entered_again(settings):
    settings.ENCRYPTION_KEYS = ring("k2", "k1")
    carried = CHANGE.seal(HERE, ALICE)
    settings.ENCRYPTION_KEYS = ring("k1")

    assert opened(carried, HERE, ALICE) is None
