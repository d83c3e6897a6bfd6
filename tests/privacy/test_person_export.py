"""Everything that a feed has about a person, as JSON Lines: by page, API and command."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.events.models import Event
from streams.exports import person_rows, services
from streams.exports.models import Export
from streams.identity.models import SuppressedPerson
from streams.identity.suppression.services import SuppressionScope, suppress
from streams.privacy import jobs
from tests import factories
from tests.api.test_replays import Api, refused
from tests.privacy.test_erasure import EMAIL, TRAITS, append, link

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    return factories.cast()


@pytest.fixture
def feed(cast):
    """A feed with a link, three events and one in quarantine of a person, and others'."""
    feed = cast.feed
    link(feed, "ada", EMAIL)
    append(feed, userId="ada", messageId="m-1")
    append(feed, userId="bob", messageId="m-2")
    append(feed, userId=None, anonymousId="x", messageId="m-3", **TRAITS)
    append(feed, userId="ada", messageId="m-4")
    factories.quarantined(feed, userId="ada", messageId="m-5")
    factories.quarantined(feed, userId="bob")
    return feed


def write_file() -> None:
    services.work(lambda: False, rest=lambda _s: None)


def records(text: bytes | str) -> list[tuple[str, str | None]]:
    """Return the kind of each record, and the messageId of its event."""
    lines = [json.loads(line) for line in text.splitlines()]
    return [(one["record"], one.get("event", {}).get("messageId")) for one in lines]


WHOLE = [
    ("identityLink", None),
    ("identityChange", None),
    ("quarantinedEvent", "m-5"),
    ("event", "m-4"),
    ("event", "m-3"),
    ("event", "m-1"),
]


@pytest.mark.parametrize(
    "person",
    [
        {"kind": "email", "person": "ADA@example.com"},
        {"kind": "user_id", "person": "ada"},
    ],
)
def test_the_page_starts_an_export_with_all_records(client, cast, feed, person):
    client.force_login(cast.anna)
    page = reverse("portal:privacy-export", args=[cast.workspace.public_id])

    shown = client.get(client.post(page, person).url)
    write_file()

    export = Export.objects.get()
    assert "One person" in shown.text
    assert "ada" not in json.dumps(export.filter)
    assert "ada" not in str(AuditEntry.objects.latest("pk").detail)
    args = [cast.workspace.public_id, export.public_id]
    file = client.get(reverse("portal:export-file", args=args))
    assert records(b"".join(file.streaming_content)) == WHOLE


def test_conflicts_and_suppressions_of_the_person_are_in_the_file(client, cast, feed):
    link(feed, "ada-2", EMAIL)
    suppress(
        SuppressionScope(feed.workspace),
        identifiers=[EMAIL],
        origin=SuppressedPerson.Origin.API,
    )
    client.force_login(cast.anna)
    page = reverse("portal:privacy-export", args=[cast.workspace.public_id])

    client.post(page, {"kind": "email", "person": EMAIL.value})
    write_file()

    text = b"".join(services.content(Export.objects.get())).decode()
    found = [json.loads(line) for line in text.splitlines()]
    [suppression] = [one for one in found if one["record"] == "suppression"]
    [conflict] = [one for one in found if one["record"] == "identityConflict"]
    assert (suppression["scope"], suppression["origin"]) == ("workspace", "api")
    assert (conflict["kept"], conflict["other"]) == ("ada", "ada-2")


def test_a_search_in_small_steps_finds_the_same(client, cast, feed, monkeypatch):
    monkeypatch.setattr(person_rows, "SEARCHED", 1)
    client.force_login(cast.anna)
    page = reverse("portal:privacy-export", args=[cast.workspace.public_id])

    client.post(page, {"kind": "email", "person": EMAIL.value})
    write_file()

    text = b"".join(services.content(Export.objects.get()))
    assert records(text) == WHOLE


def test_the_api_starts_an_export_and_returns_the_file_once_it_is_ready(client, feed):
    api = Api(client, feed.stream)
    path = f"/api/v1/workspaces/{feed.workspace.external_id}/privacy/exports"

    started = api.post(path, {"userId": "ada"})
    export_id = started.json()["export"]["id"]
    running = api.get(f"{path}/{export_id}")
    write_file()
    file = api.get(f"{path}/{export_id}")

    assert (started.status_code, running.status_code) == (202, 202)
    assert running.json()["export"]["status"] == "running"
    assert records(b"".join(file.streaming_content)) == WHOLE


def test_the_api_refuses_a_second_export_at_once_and_an_unknown_one(client, feed):
    api = Api(client, feed.stream)
    path = f"/api/v1/workspaces/{feed.workspace.external_id}/privacy/exports"
    api.post(path, {"userId": "ada"})

    assert refused(api.post(path, {"userId": "bob"})) == (409, "API-EXPORT-001")
    assert refused(api.get(f"{path}/unknown")) == (404, "API-EXPORT-002")


def test_the_command_writes_the_same_records(feed, monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{EMAIL.value}\n"))

    call_command(
        "erase",
        feed.workspace.public_id,
        "--export",
        "--by",
        "email",
        stdout=out,
    )

    assert records(out.getvalue()) == WHOLE
    assert Event.objects.filter(user_id="ada").exists()
    assert AuditEntry.objects.latest("pk").action == "export.person_requested"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [("elsewhere", "ada", "no such workspace"), (None, "", "can't identify")],
)
def test_a_mistake_of_the_command_is_explained(feed, monkeypatch, place, value, said):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{value}\n"))

    with pytest.raises(CommandError, match=said):
        call_command(
            "erase",
            place or feed.workspace.public_id,
            "--export",
            stdout=io.StringIO(),
        )


def test_erasing_a_person_deletes_exports_of_people(client, cast, feed):
    client.force_login(cast.anna)
    page = reverse("portal:privacy-export", args=[cast.workspace.public_id])
    client.post(page, {"kind": "user_id", "person": "ada"})
    write_file()

    factories.erasure(feed)
    jobs.work(lambda: False)

    assert not Export.objects.exists()
