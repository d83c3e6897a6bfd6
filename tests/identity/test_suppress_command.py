"""The command `suppress` reads a person's value from the standard input."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from streams.identity.models import SuppressedPerson
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(monkeypatch):
    def run(value, workspace, *options):
        out = io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{value}\n"))
        call_command("suppress", workspace.public_id, *options, stdout=out)
        return out.getvalue()

    return run


def test_a_person_is_suppressed_in_a_workspace_and_no_longer(run):
    workspace = factories.feed().workspace

    said = [run(" user-1 ", workspace, *o) for o in ((), (), ("--undo",), ("--undo",))]

    assert "suppressed from now on" in said[0]
    assert "suppressed already" in said[1]
    assert said[2] == "The person is no longer suppressed.\n"
    assert said[3] == "No such person is suppressed.\n"


def test_an_id_in_the_tool_needs_a_stream(run):
    feed = factories.feed()

    with pytest.raises(CommandError, match="--stream"):
        run("7", feed.workspace, "--by", "id")
    run("7", feed.workspace, "--by", "id", "--stream", feed.stream.slug)

    assert SuppressedPerson.objects.get().feed == feed


def test_a_value_that_identifies_no_one_is_refused(run):
    with pytest.raises(CommandError, match="can't identify"):
        run("null", factories.workspace())


def test_an_unknown_stream_is_refused(run):
    with pytest.raises(CommandError, match="no such stream"):
        run("user-1", factories.workspace(), "--stream", "postbox")
