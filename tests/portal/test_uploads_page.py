"""Members upload a file with userIds, see what it would change, and add its links."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from streams.identity.models import IdentityMap, Link
from streams.uploads.models import Upload
from streams.uploads.reading import step
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = b"userId,email,plan\nu1,a@example.com,gold\nanonymous,b@example.com,\n"
JSON = {"headers": {"Accept": "application/json"}}


@pytest.fixture
def cast():
    return factories.cast()


@pytest.fixture
def as_anna(client, cast):
    client.force_login(cast.anna)
    return client


def words(page) -> str:
    return " ".join(page.text.split())


def url(cast, name, *more):
    return reverse(f"portal:{name}", args=[cast.workspace.public_id, *more])


def file(data=TEXT):
    return SimpleUploadedFile("people.csv", data)


def send(client, cast, data=TEXT):
    return client.post(url(cast, "uploads"), {"file": file(data)}, follow=True)


def read():
    while step():
        pass
    return Upload.objects.get()


def test_a_file_is_checked_and_then_applied(as_anna, cast):
    page = send(as_anna, cast)
    assert "Checking: 0%" in words(page)

    upload = read()
    page = as_anna.get(url(cast, "upload", upload.public_id))
    assert "Nothing was changed yet." in words(page)
    assert "New links</dt><dd>1" in words(page)
    assert "Refused rows</dt><dd>1" in words(page)
    assert "1 column of the file has another name" in words(page)
    assert not IdentityMap.objects.exists()

    as_anna.post(url(cast, "upload-apply", upload.public_id))
    read()
    page = as_anna.get(url(cast, "upload", upload.public_id))
    assert "The links were added, and the file was deleted." in words(page)
    assert Link.objects.get().user_id == "u1"


def test_the_report_can_be_downloaded(as_anna, cast):
    send(as_anna, cast)
    upload = read()

    response = as_anna.get(url(cast, "upload-report", upload.public_id))

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()
    assert "3,refused,IDENTITY-PLACEHOLDER" in text


def test_a_browser_sends_a_large_file_in_parts(as_anna, cast):
    data = {"file": file(TEXT[:20]), "size_bytes": len(TEXT)}
    response = as_anna.post(url(cast, "uploads"), data, **JSON)
    assert response.status_code == 201
    # The second time, the response to the first got lost.
    for _time in range(2):
        part = {"number": 1, "file": file(TEXT[20:])}
        answer = as_anna.post(response.json()["part"], part, **JSON)
        assert answer.status_code == 204

    assert read().checked["people"] == 2
    assert response.json()["page"] == url(cast, "upload", Upload.objects.get().public_id)  # fmt: skip


def test_parts_that_do_not_fit_are_refused(as_anna, cast):
    data = {"file": file(TEXT[:20]), "size_bytes": len(TEXT)}
    part = as_anna.post(url(cast, "uploads"), data, **JSON).json()["part"]

    for sent, status in [({}, 400), ({"number": 3, "file": file()}, 409)]:
        response = as_anna.post(part, sent, **JSON)
        assert response.status_code == status
        assert response.json()["error"]


def test_only_one_upload_is_open_and_it_says_so(as_anna, cast):
    send(as_anna, cast)

    page = send(as_anna, cast)
    refused = as_anna.post(url(cast, "uploads"), {"file": file()}, **JSON)

    assert "Another upload isn't applied yet." in page.text.replace("&#x27;", "'")
    assert refused.status_code == 409
    assert refused.json()["error"].startswith("Another upload")


def test_a_file_that_is_no_list_of_people_says_why(as_anna, cast):
    send(as_anna, cast, b"name\nAlice\n")
    upload = read()

    page = as_anna.get(url(cast, "upload", upload.public_id))

    assert "The first line has no column userId." in words(page)


def test_a_deleted_upload_is_gone(as_anna, cast):
    send(as_anna, cast)
    upload = Upload.objects.get()

    page = as_anna.post(url(cast, "upload-delete", upload.public_id), follow=True)

    assert "Upload deleted." in words(page)
    assert not Upload.objects.exists()


def test_viewers_see_uploads_and_cannot_apply_them(client, cast):
    upload = factories.upload(cast.feed, requested_by=cast.anna)
    client.force_login(cast.bob)

    page = client.get(url(cast, "upload", upload.public_id))

    assert "Links in conflict" in words(page)
    assert "Add links" not in words(page)


def test_the_identity_page_leads_to_uploads(as_anna, cast):
    assert url(cast, "uploads") in as_anna.get(url(cast, "identity")).text
