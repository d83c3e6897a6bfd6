"""The command that reads a file into the identity map."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from streams.identity.models import IdentityMap, Link, OriginKind
from streams.uploads import services
from streams.uploads.models import Upload
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed():
    return factories.feed()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("userId,email\nu1,a@example.com\nnull,b@example.com\n")
    return path


def load(feed, file, *options):
    out = io.StringIO()
    workspace = f"--workspace={feed.workspace.public_id}"
    call_command("load_identities", str(file), workspace, *options, stdout=out)
    return out.getvalue()


def test_without_apply_it_only_says_what_the_file_would_change(feed, file):
    said = load(feed, file)

    assert "Checked: 2 people, 1 new links, 0 known, 0 in conflict, 1 rows refused." in said  # fmt: skip
    assert "Nothing was changed." in said
    assert not IdentityMap.objects.exists()
    assert Upload.objects.get().state == Upload.State.CHECKED


def test_apply_adds_the_links_and_writes_the_report(feed, file, tmp_path):
    said = load(feed, file, "--apply", f"--report={tmp_path / 'report.csv'}")

    assert "Applied: 2 people, 1 new links" in said
    [link] = Link.objects.filter(feed=feed)
    assert (link.user_id, link.origin) == ("u1", OriginKind.UPLOAD)
    assert "3,refused,IDENTITY-PLACEHOLDER" in (tmp_path / "report.csv").read_text()


def test_it_says_which_streams_a_workspace_has(feed, file):
    factories.feed(workspace=feed.workspace)

    with pytest.raises(CommandError, match="Add --stream"):
        load(feed, file)
    assert "Checked" in load(feed, file, f"--stream={feed.stream.slug}")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("missing.csv", None, "cannot be read"),
        ("empty.csv", "", "The file is empty"),
        ("wrong.csv", "name\nAlice\n", "no column userId"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(feed, tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)

    with pytest.raises(CommandError, match=message):
        load(feed, tmp_path / name)


def test_an_upload_that_someone_has_open_is_not_replaced(feed, file):
    services.start_upload(feed=feed, size_bytes=5, actor=factories.user())

    with pytest.raises(CommandError, match="isn't applied yet"):
        load(feed, file)


def test_a_file_that_an_earlier_command_did_not_send_completely_is_replaced(feed, file):
    services.start_upload(feed=feed, size_bytes=5, actor=None)

    assert "Checked" in load(feed, file)
    assert "Checked" in load(feed, file)
