from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database

from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.base.ids import digest
from streams.tenancy.models import PartnerToken, Workspace
from streams.tenancy.services import (
    AlreadyRevoked,
    ExternalIdTaken,
    create_token,
    create_workspace,
    find_token,
    revoke_token,
)
from tests import factories

pytestmark = pytest.mark.django_db


# --- Workspaces --------------------------------------------------------------------------


def test_a_workspace_has_the_partners_own_id():
    cast = factories.cast()

    workspace = create_workspace(
        partner=cast.partner, external_id="c-17", name="Northwind", actor=cast.dev
    )

    assert Workspace.objects.get(external_id="c-17") == workspace
    entry = AuditEntry.objects.get(action="workspace.created")
    assert (entry.actor, entry.workspace) == (cast.dev, workspace)


def test_an_external_id_is_unique_in_a_partner():
    partner = factories.partner()
    create_workspace(partner=partner, external_id="c-17", name="First", actor=None)

    with pytest.raises(ExternalIdTaken, match="c-17"):
        create_workspace(partner=partner, external_id="c-17", name="Next", actor=None)

    other = create_workspace(
        partner=factories.partner(), external_id="c-17", name="Other", actor=None
    )
    assert Workspace.objects.count() == 2
    assert other.external_id == "c-17"


@pytest.mark.parametrize("external_id", ["", "x" * 101, "c\x0017"])
def test_an_invalid_external_id_is_refused(external_id):
    with pytest.raises(ValidationError):
        create_workspace(
            partner=factories.partner(), external_id=external_id, name="N", actor=None
        )


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_creations_of_a_workspace_one_is_refused():
    partner, start = factories.partner(), threading.Barrier(2)

    def run():
        start.wait()
        try:
            create_workspace(partner=partner, external_id="c", name="N", actor=None)
        finally:
            database.close()

    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(run) for _ in range(2)]

    errors = [error for one in done if (error := one.exception())]
    assert [type(error) for error in errors] == [ExternalIdTaken]
    assert Workspace.objects.count() == 1


# --- Tokens ------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_stored_as_a_digest():
    stream, dev = factories.stream(), factories.user()

    token, secret = create_token(stream=stream, name="Production", actor=dev)

    assert re.fullmatch(r"pt_[A-Za-z0-9]{32}", secret.text)
    token.refresh_from_db()
    assert (token.hint, token.created_by, token.partner) == (
        secret.text[:8],
        dev,
        stream.partner,
    )
    assert secret.text not in repr(token.__dict__)
    assert secret.text not in repr(list(AuditEntry.objects.values("action", "detail")))


def test_a_token_is_found_by_the_digest_of_its_text():
    token, secret = factories.token()

    assert find_token(secret.digest, factories.NOW) == token
    assert find_token(digest(secret.text + "x"), factories.NOW) is None
    assert find_token(digest(""), factories.NOW) is None


def test_the_last_use_of_a_token_is_recorded_once_a_minute():
    _, secret = factories.token()

    uses = [timedelta(0), timedelta(seconds=59), timedelta(seconds=61)]
    noted = []
    for after in uses:
        find_token(secret.digest, factories.NOW + after)
        noted.append(PartnerToken.objects.get().last_used_at - factories.NOW)

    assert noted == [timedelta(0), timedelta(0), timedelta(seconds=61)]


def test_a_token_with_a_lifetime_gives_access_until_it_expires():
    stream = factories.stream()

    token, secret = create_token(
        stream=stream, name="CI", actor=None, lifetime=timedelta(days=30)
    )

    assert token.expires_at == token.created_at + timedelta(days=30)
    last = token.expires_at - timedelta(seconds=1)
    assert find_token(secret.digest, last) == token
    assert find_token(secret.digest, token.expires_at) is None
    entry = AuditEntry.objects.get()
    assert describe(entry.action, entry.detail) == (
        f"Created the API token “CI” ({token.hint}…), which expires on"
        f" {token.expires_at:%Y-%m-%d %H:%M} UTC"
    )


def test_a_revoked_token_gives_no_access():
    token, secret = factories.token()

    revoke_token(token=token, actor=None)

    assert find_token(secret.digest, factories.NOW) is None
    assert token.revoked_at is not None


def test_a_token_is_revoked_once():
    token, _ = factories.token()
    revoke_token(token=token, actor=None)
    first = token.revoked_at

    with pytest.raises(AlreadyRevoked):
        revoke_token(token=token, actor=None)

    token.refresh_from_db()
    assert token.revoked_at == first
