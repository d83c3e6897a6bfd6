from __future__ import annotations

import pytest

from streams.base.request_errors import RequestRefused
from streams.ingest.http.routes import Route, find_route


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/v1/track", "track"),
        ("/v1/track/", "track"),
        ("/v1/t", "track"),
        ("/v1/identify", "identify"),
        ("/v1/a", "alias"),
        ("/v1/batch", None),
        ("/v1/b", None),
        ("/v1/import/", None),  # as the Java library posts
    ],
)
def test_every_path_of_segments_libraries_has_its_route(path, call):
    assert find_route("POST", path) == Route(call)


def test_a_browser_can_send_a_preflight():
    assert find_route("OPTIONS", "/v1/t") is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/track", 405),
        ("PUT", "/v1/batch/", 405),
        ("POST", "/v1/purchase", 404),
        ("POST", "/v1/track/x", 404),
        ("POST", "/v1/track//", 404),
        ("POST", "/track", 404),
        ("GET", "/v1/pixel/track", 404),
    ],
)
def test_other_requests_are_refused(method, path, status):
    with pytest.raises(RequestRefused) as caught:
        find_route(method, path)

    assert caught.value.status == status
