"""Paths and write keys of the Tracking API."""

from __future__ import annotations

import base64

import pytest

from tests.sandbox.calls import (
    KEY,
    OTHER_KEY,
    basic,
    ids,
    send,
    send_batch,
    send_one,
    status_of,
    track,
)

SINGLE_PATHS = {
    "identify": "identify",
    "track": "track",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
    "i": "identify",
    "t": "track",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
}


@pytest.mark.parametrize(("name", "kind"), SINGLE_PATHS.items())
def test_the_path_of_a_single_call_sets_its_type(segment, name, kind):
    message = {"userId": "user-1", "event": "Email Opened", "messageId": "m-1"}

    status, _, body = send(segment, f"/v1/{name}", message)

    assert (status, body) == (200, b'{"success":true}')
    assert [shown["type"] for shown in segment.shown_events()] == [kind]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/import", "/v1/import/", "/v1/b"])
def test_a_batch_has_several_paths(segment, path):
    send_batch(segment, track("m-1"), track("m-2"), path=path)

    assert ids(segment) == ["m-1", "m-2"]


@pytest.mark.parametrize(
    ("prefix", "region"),
    [("", "sandbox"), ("/sandbox", "sandbox"), ("/us", "us"), ("/eu", "eu")],
)
def test_the_prefix_sets_the_region(segment, prefix, region):
    send_one(segment, path=f"{prefix}/v1/batch")

    assert [shown["region"] for shown in segment.shown_events()] == [region]


@pytest.mark.parametrize("path", ["/v1/unknown", "/v2/batch", "/apac/v1/batch", "/v1"])
def test_other_paths_are_not_found(segment, path):
    assert status_of(segment, path, {}) == 404


def test_a_call_by_get_is_not_found(segment):
    assert status_of(segment, "/v1/track", b"", method="GET") == 404


def test_the_key_can_be_in_the_basic_header_without_its_colon(segment):
    header = {"Authorization": f"Basic {base64.b64encode(KEY.encode()).decode()}"}

    send_one(segment, headers=header)

    assert ids(segment, KEY) == ["m-1"]


def test_the_key_in_the_body_takes_precedence_over_the_header(segment):
    body = {"batch": [track()], "writeKey": OTHER_KEY}

    send(segment, "/v1/batch", body, headers=basic(KEY))

    assert (ids(segment, KEY), ids(segment, OTHER_KEY)) == ([], ["m-1"])


def test_a_single_call_can_contain_its_key(segment):
    send(segment, "/v1/track", track(writeKey=OTHER_KEY), headers={})

    assert ids(segment, OTHER_KEY) == ["m-1"]


def test_an_event_of_a_batch_can_contain_its_own_key(segment):
    send_batch(segment, track("m-1"), track("m-2", writeKey=OTHER_KEY))

    assert (ids(segment, KEY), ids(segment, OTHER_KEY)) == (["m-1"], ["m-2"])


def test_a_batch_needs_no_key_if_all_its_events_have_one(segment):
    status = send_batch(segment, track(writeKey=OTHER_KEY), headers={})

    assert (status, ids(segment, OTHER_KEY)) == (200, ["m-1"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(""),
        basic("abc123"),
        {"Authorization": "Basic %%"},
        {"Authorization": "x"},
    ],
)
def test_an_empty_or_very_short_key_is_refused(segment, headers):
    status, _, body = send(segment, "/v1/batch", {"batch": [track()]}, headers=headers)

    assert status == 400
    assert body == b'{"success":false,"message":"The write key is invalid."}'


@pytest.mark.parametrize(
    "key",
    ["x" * 31, "x" * 33, "with-a-dash-and-32-characters-00", "Unknown" + "1" * 25],
)
def test_an_unknown_key_gets_a_200_and_its_events_vanish(segment, key):
    status = send_one(segment, headers=basic(key))

    assert (status, ids(segment)) == (200, [])
    assert segment.stats()["discarded"] == {"unknown_source": 1}


def test_once_sources_are_listed_only_their_keys_are_known(segment):
    segment.know({"write_key": KEY})

    send_one(segment, "m-1", headers=basic(KEY))
    send_one(segment, "m-2", headers=basic(OTHER_KEY))

    assert ids(segment) == ["m-1"]


def test_a_key_of_another_region_gets_a_200_and_its_events_vanish(segment):
    segment.know({"write_key": KEY, "region": "eu"})

    status = send_one(segment, "m-1", path="/us/v1/batch")
    send_one(segment, "m-2", path="/eu/v1/batch")

    assert (status, ids(segment)) == (200, ["m-2"])
    assert segment.stats()["discarded"] == {"wrong_region": 1}


def test_the_settings_probe_finds_a_known_key_in_any_region(segment):
    segment.know({"write_key": KEY, "region": "eu"})

    paths = [f"{prefix}/v1/projects/{KEY}/settings" for prefix in ("", "/us", "/eu")]

    assert [status_of(segment, path, b"", method="GET") for path in paths] == [200] * 3


@pytest.mark.parametrize("key", ["not-a-key", "Unknown" + "1" * 25])
def test_the_settings_probe_returns_404_for_an_unknown_key(segment, key):
    path = f"/v1/projects/{key}/settings"

    status, _, body = send(segment, path, b"", method="GET")

    assert status == 404
    assert (
        body == b'{"success":false,"message":"The path or the write key is invalid."}'
    )
