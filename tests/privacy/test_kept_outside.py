"""Erasures are known after a restore, because their records are outside the database."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from streams.events.erasure.models import Erasure
from streams.privacy import jobs, kept_outside
from streams.privacy.requests import request_erasure
from tests import factories
from tests.privacy.test_erasure import EMAIL, append, erased, link

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def feed():
    return factories.feed()


def erase(feed, **person) -> Erasure:
    erasure = request_erasure(feed, origin=Erasure.Origin.PAGE, actor=None, **person)
    jobs.work(lambda: False)
    return erasure


def restore(feed) -> None:
    """Bring Ada's data back, as from a backup, and lose the erasure."""
    Erasure.objects.all().delete()
    append(feed, userId="ada")
    link(feed, "ada", EMAIL)


def run(command: str, *arguments: str) -> tuple[str, int]:
    """Run a command; return its output and its status."""
    out = io.StringIO()
    try:
        call_command(command, *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


@pytest.mark.parametrize("place", ["file", "broker"])
def test_the_portal_asks_for_erasures_that_a_restore_lost_and_runs_them_again(
    feed, settings, services, place
):
    if place == "broker":
        settings.REDIS_URL = services.new_redis_url()
    first = erase(feed, identifiers=[EMAIL], user_id="")
    ada = erase(feed, user_id="ada")
    if place == "broker":
        kept_outside._file().unlink()
    restore(feed)

    asked, status = run("history")
    run("erase", "--replay")
    jobs.work(lambda: False)

    assert "The data of 2 people who were erased since the backup is back." in asked
    assert status == 1
    assert erased(feed) == [1]
    again = Erasure.objects.get(public_id=ada.public_id)
    assert (again.events, again.requested_at) == (1, ada.requested_at)
    assert Erasure.objects.filter(public_id=first.public_id).exists()
    assert run("history") == ("The database has not gone back in time.\n", 0)


def test_a_record_names_no_one(feed, settings, services):
    settings.REDIS_URL = services.new_redis_url()
    link(feed, "ada", EMAIL)
    append(feed, userId="ada")

    erase(feed, identifiers=[EMAIL])

    [line] = kept_outside._of_file()
    assert kept_outside._of_redis() == [line]
    assert b"ada" not in line.lower()


def test_records_of_other_portals_and_broken_ones_are_passed_over(feed):
    erase(feed, user_id="ada")
    with kept_outside._file().open("ab") as file:
        file.write(
            b'{"id": "x", "workspace": "elsewhere", "stream": "s"}\n{"id": \n[]\n'
        )
    Erasure.objects.all().delete()

    assert len(kept_outside.missing()) == 1


def test_an_erasure_goes_on_if_its_record_can_not_be_stored(feed, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.VAR_DIR = tmp_path / "file" / "var"
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    append(feed, userId="ada")

    erase(feed, user_id="ada")

    assert erased(feed) == [1]
    assert kept_outside.missing() == []
