from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from streams.audit.models import AuditEntry
from streams.connections.key_errors import KeyInUse
from streams.connections.models import Connection
from streams.connections.reencryption import ReencryptionResult, renew_keys
from streams.connections.write_keys import WriteKey, open_write_key
from streams.delivery.connection.services import connect
from streams.tenancy.invitations import make_invitation, read_invitation, token_of
from tests import factories
from tests.connections.test_write_keys import ring

pytestmark = pytest.mark.django_db


@pytest.fixture
def rotated(settings):
    """Three connections whose keys are encrypted with an older key."""
    settings.ENCRYPTION_KEYS = ring("old")
    connections = [factories.connection() for _ in range(3)]
    settings.ENCRYPTION_KEYS = ring("new", "old")
    return connections


def test_after_a_rotation_the_old_key_is_not_needed(rotated, settings):
    keys = [open_write_key(connection) for connection in rotated]

    assert renew_keys(batch=2) == ReencryptionResult(renewed=3)

    settings.ENCRYPTION_KEYS = ring("new")
    assert [open_write_key(c) for c in Connection.objects.order_by("pk")] == keys
    assert AuditEntry.objects.get().detail == {"count": 3, "key_id": "new"}


def test_rows_encrypted_with_the_newest_key_are_unchanged(rotated):
    renew_keys()
    before = list(Connection.objects.values_list("key_ciphertext"))

    assert renew_keys() == ReencryptionResult(renewed=0)

    assert list(Connection.objects.values_list("key_ciphertext")) == before


def test_a_row_that_cannot_be_decrypted_does_not_stop_the_others(rotated):
    Connection.objects.filter(pk=rotated[1].pk).update(key_ring_id="lost")

    rotation = renew_keys()

    assert rotation == ReencryptionResult(renewed=2, unreadable=[rotated[1].public_id])


def test_a_deleted_connection_is_skipped(rotated):
    Connection.objects.update(
        deleted_at=factories.NOW, key_ciphertext=b"", key_ring_id=""
    )

    assert renew_keys() == ReencryptionResult()


def test_fingerprints_are_renewed_after_a_change_of_the_secret_key(settings):
    connection = factories.connection(write_key=factories.WRITE_KEY)
    settings.SECRET_KEY = "another"

    assert renew_keys() == ReencryptionResult(renewed=1)

    connection.refresh_from_db()
    assert connection.key_fingerprint == WriteKey(factories.WRITE_KEY).fingerprint


def test_a_write_key_used_twice_is_reported_and_still_reencrypted(settings):
    settings.ENCRYPTION_KEYS = ring("old")
    first = factories.connection(write_key=factories.WRITE_KEY)
    settings.SECRET_KEY = "another"
    settings.ENCRYPTION_KEYS = ring("new", "old")
    factories.connection(write_key=factories.WRITE_KEY)

    assert renew_keys() == ReencryptionResult(used_twice=[first.public_id])

    settings.ENCRYPTION_KEYS = ring("new")
    first.refresh_from_db()
    assert open_write_key(first).text == factories.WRITE_KEY


def test_the_command_reports_what_it_did(rotated):
    out = StringIO()

    call_command("reencrypt", stdout=out)

    assert out.getvalue() == (
        "Write keys encrypted with 'new': 3.\n"
        "Webhook endpoints encrypted with 'new': 0.\n"
        "Inbound secrets encrypted with 'new': 0.\n"
        "Second factors encrypted with 'new': 0.\n"
    )


@pytest.mark.parametrize("batch", [0, -1, 10_001])
def test_the_command_refuses_a_batch_of_zero(rotated, batch):
    with pytest.raises(CommandError, match="--batch must be from 1 to 10,000"):
        call_command("reencrypt", batch=batch)


def test_the_command_fails_if_a_key_cannot_be_decrypted(rotated):
    Connection.objects.filter(pk=rotated[0].pk).update(key_ring_id="lost")

    with pytest.raises(CommandError, match=rotated[0].public_id):
        call_command("reencrypt", stdout=StringIO())


def test_an_older_secret_key_still_recognizes_a_write_key_in_use(settings):
    factories.connection(write_key=factories.WRITE_KEY)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    with pytest.raises(KeyInUse):
        connect(
            feed=factories.feed(),
            write_key=factories.WRITE_KEY,
            region="us",
            actor=None,
        )

    assert renew_keys() == ReencryptionResult(renewed=1)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(KeyInUse):
        connect(
            feed=factories.feed(),
            write_key=factories.WRITE_KEY,
            region="us",
            actor=None,
        )


def test_sessions_and_invitations_survive_a_change_of_the_secret_key(client, settings):
    cast = factories.cast()
    client.force_login(cast.anna)
    invitation = make_invitation(
        place=cast.workspace, email="d@example.com", role="editor", actor=None
    )
    token = token_of(invitation)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    assert client.get("/", secure=True, follow=True).context["user"] == cast.anna
    assert read_invitation(token).email == "d@example.com"
