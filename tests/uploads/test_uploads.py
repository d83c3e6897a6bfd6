"""A file with userIds is received in parts, checked, and applied once someone decides so."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.catalog.models import Stream
from streams.identity import lookup
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import Conflict, IdentityMap, Link, OriginKind
from streams.uploads import reading, services
from streams.uploads.models import (
    KEPT,
    CheckedLink,
    Upload,
    UploadPart,
    UploadReport,
)
from tests import factories

pytestmark = pytest.mark.django_db
TOOL_ID, EMAIL, PHONE, ANONYMOUS_ID, EXTERNAL_ID = IdentifierKind
State, Failure = Upload.State, Upload.Failure


@pytest.fixture
def feed():
    return factories.feed()


def upload_of(feed, text, *, part_bytes=100_000, actor=None):
    """Upload a text in parts of a size."""
    data = text if isinstance(text, bytes) else text.encode()
    upload = services.start_upload(feed=feed, size_bytes=len(data), actor=actor)
    for number, first in enumerate(range(0, len(data), part_bytes)):
        services.add_part(upload, number, data[first : first + part_bytes])
    return upload


def read(upload):
    while reading.step():
        pass
    upload.refresh_from_db()
    return upload


def checked(feed, text, **options):
    return read(upload_of(feed, text, **options))


def applied(feed, text, **options):
    upload = checked(feed, text, **options)
    services.apply_upload(upload=upload, actor=upload.requested_by)
    return read(upload)


def numbers(counts):
    return tuple(counts[n] for n in ("people", "new", "known", "conflicts", "refused"))


def report(upload):
    text = b"".join(services.report(upload)).decode()
    return list(csv.DictReader(io.StringIO(text)))


def user_ids(feed, *identifiers):
    lookup.clear_cache()
    found = lookup.find(feed.pk, identifiers)
    return [found[i].user_id if i in found else None for i in identifiers]


def link(feed, user_id, email):
    origin = Origin(OriginKind.API)
    fact = IdentityFact(user_id, [Identifier(EMAIL, email)], factories.NOW, origin)
    learn(feed.pk, [fact])


PEOPLE = """userId,email,id,plan
u1,a@example.com,7,gold
u2,b@example.com,8,
,c@example.com,9,
"""


def test_the_check_changes_nothing_and_says_what_the_file_would_change(feed):
    link(feed, "u1", "a@example.com")
    link(feed, "old", "b@example.com")

    upload = checked(feed, PEOPLE)

    assert upload.state == State.CHECKED
    assert numbers(upload.checked) == (3, 2, 1, 1, 1)
    assert IdentityMap.objects.get().links == 2
    assert not Conflict.objects.exists()
    assert not CheckedLink.objects.exists()


def test_applying_does_what_the_check_said(feed):
    link(feed, "old", "b@example.com")

    upload = applied(feed, PEOPLE)

    assert upload.state == State.APPLIED
    assert upload.applied == upload.checked
    assert user_ids(feed, Identifier(EMAIL, "a@example.com"), Identifier(TOOL_ID, "8")) == ["u1", "u2"]  # fmt: skip
    assert Conflict.objects.get().other == "u2"
    assert set(Link.objects.exclude(user_id="old").values_list("origin", flat=True)) == {OriginKind.UPLOAD}  # fmt: skip
    assert not UploadPart.objects.exists()


def test_rows_of_one_file_can_disagree_even_far_apart(feed):
    many = "".join(f"x{n},x{n}@example.com\n" for n in range(1_500))

    upload = checked(feed, f"userId,email\nu1,a@example.com\n{many}u2,A@example.com\n")

    assert numbers(upload.checked) == (1_502, 1_501, 0, 1, 0)
    [row] = report(upload)
    assert row == {
        "line": "1503",
        "result": "conflict",
        "code": "",
        "identifier": "email",
        "userId in the file": "u2",
        "other userId": "u1",
        "reason": "",
    }


@pytest.mark.parametrize("rule", ["person", "older", "newest"])
def test_the_check_and_the_map_agree_under_each_rule(feed, rule):
    Stream.objects.filter(feeds=feed).update(conflict_rule=rule)
    link(feed, "u0", "a@example.com")
    pairs = [("u1", "a"), ("u0", "a"), ("u2", "b"), ("u1", "b"), ("u1", "a")]
    rows = "".join(f"{one},{name}@example.com\n" for one, name in pairs)

    upload = applied(feed, f"userId,email\n{rows}")

    assert upload.checked == upload.applied
    expected = ["u1", "u1"] if rule == "newest" else ["u0", "u2"]
    names = [Identifier(EMAIL, f"{one}@example.com") for one in "ab"]
    assert user_ids(feed, *names) == expected


def test_json_lines_have_the_fields_of_the_api(feed):
    text = """{"userId": "u1", "id": "7", "externalIds": [{"id": "c1", "type": "customer_id"}]}

{"userId": 5, "email": "b@example.com"}
{"userId": "u3", "mail": "b@example.com"}
not json
"""
    upload = applied(feed, text)

    assert upload.format == Upload.Format.JSON_LINES
    assert numbers(upload.applied) == (4, 2, 0, 0, 3)
    assert [(row["line"], row["code"]) for row in report(upload)] == [
        ("3", "IDENTITY-TYPE"),
        ("4", "IDENTITY-FORMAT"),
        ("5", "IDENTITY-FORMAT"),
    ]
    customer = Identifier(EXTERNAL_ID, "c1", "customer_id")
    assert user_ids(feed, customer) == ["u1"]


def test_csv_files_of_spreadsheets_are_read(feed):
    slug = feed.stream.slug
    text = (
        f"\ufeffUser ID;{slug}_id;External ID;externalId:CRM\r\n"
        'u1;7;x;"1;\r\n2"\r\n'
        "\r\n"
        'u"2;8;;\r\n'
    )
    upload = applied(feed, text, part_bytes=3)

    assert numbers(upload.applied)[0] == 2
    crm = Identifier(EXTERNAL_ID, "1;\r\n2", "crm")
    assert user_ids(feed, crm, Identifier(TOOL_ID, "8")) == ["u1", 'u"2']


def test_user_ids_are_kept_byte_for_byte(feed):
    applied(feed, 'userId,id\n" Ü1 ",7\n')

    assert user_ids(feed, Identifier(TOOL_ID, "7")) == [" Ü1 "]


def test_bad_bytes_and_long_rows_are_refused_and_the_next_row_is_read(feed):
    long = b"u1," + b"x" * 200_000
    upload = applied(feed, b"userId,id\n\xff,1\n" + long + b"\nu3,3\n")

    assert numbers(upload.applied) == (3, 1, 0, 0, 2)
    assert [row["line"] for row in report(upload)] == ["2", "3"]
    assert user_ids(feed, Identifier(TOOL_ID, "3")) == ["u3"]


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        (" \n", Failure.EMPTY),
        ("userId,email\nu1,a@example.com\n".encode("utf-16"), Failure.NOT_UTF8),
        ('[{"userId": "u1", "id": "7"}]', Failure.ARRAY),
        ("id,email\n7,a@example.com\n", Failure.NO_USER_ID),
        ("userId,name\nu1,Alice\n", Failure.NO_IDENTIFIER),
    ],
)
def test_a_file_that_is_no_such_list_fails_with_the_reason(feed, text, failure):
    upload = checked(feed, text)

    assert (upload.state, upload.failure) == (State.FAILED, failure)
    assert not Link.objects.exists()


def test_a_part_that_is_sent_twice_counts_once(feed):
    upload = services.start_upload(feed=feed, size_bytes=20, actor=None)

    for number, data in [
        (0, b"userId,id\n"),
        (0, b"userId,id\n"),
        (1, b"u1,7\nu2,8\n"),
    ]:
        services.add_part(upload, number, data)

    assert numbers(read(upload).checked) == (2, 2, 0, 0, 0)


def test_a_missing_part_and_more_bytes_than_announced_are_refused(feed):
    upload = services.start_upload(feed=feed, size_bytes=10, actor=None)

    for number, data in [(1, b"x"), (0, b"x" * 11), (0, b"")]:
        with pytest.raises(services.UploadChanged):
            services.add_part(upload, number, data)


def test_a_feed_has_one_open_upload(feed):
    first = upload_of(feed, PEOPLE)

    with pytest.raises(services.UploadOpen):
        upload_of(feed, PEOPLE)
    upload_of(factories.feed(), PEOPLE)
    services.delete_upload(upload=first, actor=None)

    assert checked(feed, PEOPLE).state == State.CHECKED


def test_an_upload_is_applied_only_once_and_only_after_the_check(feed):
    upload = upload_of(feed, PEOPLE)
    with pytest.raises(services.UploadChanged):
        services.apply_upload(upload=upload, actor=None)
    read(upload)
    services.apply_upload(upload=upload, actor=None)

    with pytest.raises(services.UploadChanged):
        services.apply_upload(upload=upload, actor=None)


def test_deleting_an_upload_that_is_being_applied_stops_it_and_keeps_the_links(feed):
    rows = "".join(f"u{n},{n}\n" for n in range(1, 3_001))
    upload = checked(feed, f"userId,id\n{rows}")
    services.apply_upload(upload=upload, actor=None)
    reading.step()

    services.delete_upload(upload=upload, actor=None)

    assert not reading.step()
    assert IdentityMap.objects.get().links == 1_000
    assert not UploadPart.objects.exists()
    assert not UploadReport.objects.exists()


def test_everything_is_deleted_a_day_after_the_last_step(feed):
    upload = checked(feed, PEOPLE)
    at = timezone.now()

    assert services.forget(at) == 0
    assert services.forget(at + KEPT) == 1
    assert not Upload.objects.filter(pk=upload.pk).exists()
    assert not UploadPart.objects.exists()


def test_the_activity_log_has_each_step_without_user_ids(feed):
    anna = factories.user()
    applied(feed, PEOPLE, actor=anna)

    entries = AuditEntry.objects.filter(workspace=feed.workspace).order_by("pk")
    assert [describe(e.action, e.detail) for e in entries] == [
        "Uploaded a file with userIds, to check it",
        "Applied a file with userIds, which adds 4 links",
        "Added 4 links to the identity map from a file",
    ]
    assert {e.actor for e in entries} == {anna}
    assert not [e for e in entries if "u1" in str(e.detail)]


def test_the_statements_of_a_step_do_not_depend_on_the_rows(feed):
    def statements(count):
        rows = "".join(f"u{count}-{n},{count}-{n}\n" for n in range(count))
        upload = upload_of(feed, f"userId,id\n{rows}")
        with CaptureQueriesContext(connection) as captured:
            reading.step()
        services.delete_upload(upload=upload, actor=None)
        return len(captured)

    assert statements(1) == statements(100)


def test_a_report_cannot_run_formulas_in_a_spreadsheet(feed):
    link(feed, "u1", "a@example.com")

    upload = checked(feed, "userId,email\n=1+1,a@example.com\n")

    assert report(upload)[0]["userId in the file"] == "'=1+1"
