"""`manage.py erase`: erase a person, and have erasures run again after a restore."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from streams.events.erasure.models import Erasure
from streams.events.erasure.tombstones import ERASED
from streams.events.models import Event
from streams.identity.models import Link
from streams.privacy import jobs
from tests import factories
from tests.privacy.test_erasure import EMAIL, TRAITS, append, link

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def feed():
    return factories.feed()


def erase(monkeypatch, typed: str, *arguments: str) -> str:
    """Run the command with this input; return its output."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    out = io.StringIO()
    call_command("erase", *arguments, stdout=out)
    jobs.work(lambda: False)
    return out.getvalue()


def erased(feed) -> list[int]:
    rows = Event.objects.filter(feed=feed, type=ERASED).order_by("seq")
    return list(rows.values_list("seq", flat=True))


def test_a_person_is_erased_in_all_streams_of_a_workspace(feed, monkeypatch):
    second = factories.feed(
        factories.stream(feed.stream.partner), workspace=feed.workspace
    )
    for one in (feed, second):
        append(one, userId="x", **TRAITS)
        append(one, userId="ada")
    elsewhere = factories.feed(feed.stream)
    append(elsewhere, userId="ada")

    shown = erase(
        monkeypatch, EMAIL.value + "\n", feed.workspace.public_id, "--by", "email"
    )

    assert (erased(feed), erased(second), erased(elsewhere)) == ([1], [1], [])
    assert EMAIL.value not in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["unknown"], "no such workspace"),
        (["{here}", "--by", "id"], "Add --stream"),
        (["{here}", "--by", "email"], "can't identify a person"),
        ([], "Name a workspace"),
        (["--replay", "--from", "/nowhere"], "can't be read"),
    ],
)
def test_a_mistake_is_explained_and_changes_nothing(feed, monkeypatch, arguments, said):
    own = [text.format(here=feed.workspace.public_id) for text in arguments]

    with pytest.raises(CommandError, match=said):
        erase(monkeypatch, "no address\n", *own)

    assert not Erasure.objects.exists()


def test_erasures_since_a_backup_run_again_after_it_was_restored(
    feed, monkeypatch, tmp_path
):
    append(feed, userId="ada", **TRAITS)
    append(feed, userId="bob")
    link(feed, "ada", EMAIL)
    backup = list(Event.objects.filter(feed=feed))
    erase(monkeypatch, EMAIL.value + "\n", feed.workspace.public_id, "--by", "email")
    kept = tmp_path / "erasures.jsonl"
    kept.write_text(erase(monkeypatch, "", "--list"))
    # The backup is from before the erasure.
    Erasure.objects.all().delete()
    Event.objects.filter(feed=feed).delete()
    Event.objects.bulk_create(backup)
    link(feed, "ada", EMAIL)

    said = erase(monkeypatch, "", "--replay", "--from", str(kept))

    assert "run again in a worker: 1." in said
    assert "example.com" not in kept.read_text()
    assert erased(feed) == [1]
    assert not Link.objects.exists()
    assert Erasure.objects.get().ended_at is not None


def test_a_record_of_another_portal_is_counted(feed, monkeypatch, tmp_path):
    factories.erasure(feed)
    [line] = erase(monkeypatch, "", "--list").splitlines()
    record = {**json.loads(line), "workspace": "elsewhere", "id": "other"}
    kept = tmp_path / "erasures.jsonl"
    kept.write_text(json.dumps(record))

    said = erase(monkeypatch, "", "--replay", "--from", str(kept))

    assert "Of workspaces that this database lacks: 1." in said


def test_an_invalid_file_changes_nothing(feed, monkeypatch, tmp_path):
    kept = tmp_path / "erasures.jsonl"
    kept.write_text('{"id": "x"}')

    with pytest.raises(CommandError, match="can't be read"):
        erase(monkeypatch, "", "--replay", "--from", str(kept))
