"""Workers that are killed while they read a file neither lose nor repeat a row."""

from __future__ import annotations

import pytest
from django.db.models import Max

from streams.identity.models import Conflict, IdentityMap, Link, LinkChange
from streams.uploads import services
from streams.uploads.models import Upload, UploadPart
from tests import factories
from tests.portal_processes import until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
PEOPLE, SHARED = 12_000, 300
State = Upload.State


def text():
    """Return a file in which some people have the email of an earlier one."""
    rows = [f"u{n},t{n},p{n}@example.com" for n in range(PEOPLE)]
    rows += [f"v{n},,p{n}@example.com" for n in range(SHARED)]
    return "\n".join(["userId,id,email", *rows, ""]).encode()


def read_with_kills(portal, upload, end):
    """Kill the worker whenever it has read some more; return how often."""
    kills, worker = 0, portal.worker()

    def has_read_more(before):
        upload.refresh_from_db()
        return upload.read_bytes > before or upload.state == end

    upload.refresh_from_db()
    while upload.state != end:
        before = upload.read_bytes
        until(lambda: has_read_more(before), within_s=90)  # noqa: B023 - called at once
        if upload.state != end and kills < 3:
            portal.kill(worker)
            kills, worker = kills + 1, portal.worker()
    portal.kill(worker)
    return kills


def test_a_file_is_checked_and_applied_exactly_once(portal):
    feed, data = factories.feed(), text()
    portal.beat()
    upload = services.start_upload(feed=feed, size_bytes=len(data), actor=None)
    for number, first in enumerate(range(0, len(data), 100_000)):
        services.add_part(upload, number, data[first : first + 100_000])

    kills = read_with_kills(portal, upload, State.CHECKED)
    services.apply_upload(upload=upload, actor=None)
    kills += read_with_kills(portal, upload, State.APPLIED)

    expected = {
        "people": PEOPLE + SHARED,
        "new": 2 * PEOPLE,
        "known": 0,
        "conflicts": SHARED,
        "refused": 0,
    }
    assert kills >= 4
    assert upload.checked == upload.applied == expected
    assert Link.objects.count() == IdentityMap.objects.get().links == 2 * PEOPLE
    assert set(Conflict.objects.values_list("count", flat=True)) == {1}
    assert Conflict.objects.count() == SHARED
    changes = LinkChange.objects.all()
    assert changes.count() == changes.aggregate(last=Max("number"))["last"]
    assert not UploadPart.objects.exists()
