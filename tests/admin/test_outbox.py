"""The admin's outbox: emails that an installation without an email server keeps."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.base.email import message, send
from streams.base.outbox import BACKEND, SEPARATOR, newest_emails
from streams.prune import prune
from tests import factories

pytestmark = pytest.mark.django_db

LINK = "https://portal.example/invitations/" + "t" * 90 + "/"


@pytest.fixture
def outbox(settings, tmp_path):
    """The folder in which emails are kept."""
    options = {"file_path": tmp_path}
    settings.MAILERS = {"default": {"BACKEND": BACKEND, "OPTIONS": options}}
    return tmp_path


def keep(subject: str, to: str = "zoë@example.com", text: str = LINK) -> None:
    assert send(message(subject, text, [to]), about="test")


def test_a_superuser_reads_emails_newest_first_and_follows_their_links(staff, outbox):
    keep("Ünvited", text=f"Join: {LINK}\n\nZoë <script>alert(1)</script>")

    page = staff.get(reverse("outbox"))

    assert [one.subject for one in page.context["emails"]] == ["Ünvited"]
    assert f'<a href="{LINK}"' in page.text
    assert "Zoë &lt;script&gt;" in page.text


def test_files_are_private_to_the_user_of_the_process(outbox):
    keep("Invited")

    assert [file.stat().st_mode & 0o777 for file in outbox.iterdir()] == [0o600]


def test_emails_in_one_file_are_apart_and_the_newest_are_first(outbox):
    keep("First", text="-" * 78)
    keep("Second")
    # Django names a file by the second and a number, so it may already be one.
    files = sorted(outbox.iterdir(), key=lambda file: b"Second" in file.read_bytes())
    together = b"".join(file.read_bytes() for file in files)
    for file in files:
        file.unlink()
    (outbox / "20260101-000000-1.log").write_bytes(together)

    found = newest_emails(outbox, 9)

    assert [one.subject for one in found] == ["Second", "First"]
    assert found[1].text.strip() == "-" * 78
    assert found[0].to == "zoë@example.com"


def test_only_so_many_files_are_kept(outbox, monkeypatch):
    monkeypatch.setattr("streams.base.outbox.KEPT", 2)
    for name in ("20260101-000000-1", "20260102-000000-1", "20260103-000000-1"):
        (outbox / f"{name}.log").write_bytes(SEPARATOR)

    prune(now=factories.NOW)

    assert sorted(one.name[:8] for one in outbox.iterdir()) == ["20260102", "20260103"]


def test_an_empty_outbox_says_how_to_get_an_email(staff, outbox):
    assert "No emails yet." in staff.get(reverse("outbox")).text


def test_others_do_not_see_links_that_sign_in(client, outbox):
    keep("Invited")
    client.force_login(factories.user(is_staff=True))

    assert client.get(reverse("outbox")).status_code == 403


def test_there_is_no_outbox_if_emails_are_sent(staff):
    assert staff.get(reverse("outbox")).status_code == 404
