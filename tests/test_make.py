from __future__ import annotations

import pytest

from streams.connections.write_keys import open_write_key
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_due_cursor_has_its_events_in_the_log():
    cursor = factories.due_cursor(events=3)

    cursor.feed.refresh_from_db()
    assert (cursor.position, cursor.due_at, cursor.feed.head_seq) == (
        0,
        factories.NOW,
        3,
    )


def test_a_connection_has_a_key_that_can_be_decrypted():
    connection = factories.connection(write_key=factories.WRITE_KEY)

    assert open_write_key(connection).text == factories.WRITE_KEY


def test_the_cast_has_one_role_each():
    cast = factories.cast()

    roles = cast.workspace.memberships.values_list("user__email", "role")
    assert sorted(roles) == [
        ("alice@northwind.example", "editor"),
        ("anna@northwind.example", "admin"),
        ("bob@northwind.example", "viewer"),
    ]
    assert cast.charlie.workspace_memberships.get().workspace == cast.elsewhere
    assert cast.alice.check_password(factories.PASSWORD)
