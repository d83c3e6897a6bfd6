from __future__ import annotations

import pytest

from streams.delivery.segment.responses import ResponseKind, SegmentResponse

ACCEPTED, SPLIT, ATTENTION, RETRY = (
    ResponseKind.ACCEPTED,
    ResponseKind.SPLIT,
    ResponseKind.NEEDS_ATTENTION,
    ResponseKind.RETRY,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, SPLIT), (413, SPLIT),
        (401, ATTENTION), (403, ATTENTION), (404, ATTENTION), (422, ATTENTION),
        (501, ATTENTION), (505, ATTENTION),
        (408, RETRY), (410, RETRY), (429, RETRY), (460, RETRY),
        (500, RETRY), (502, RETRY), (503, RETRY), (504, RETRY), (511, RETRY),
        (None, RETRY),
    ],
)  # fmt: skip
def test_each_response_has_one_verdict(status, kind):
    assert SegmentResponse(status=status).kind is kind


SUCCESS = '{"success": true}'


@pytest.mark.parametrize(
    ("status", "text", "kind", "reason"),
    [
        (200, SUCCESS, ACCEPTED, "Segment returned 200."),
        (202, f"\n{SUCCESS}\n", ACCEPTED, "Segment returned 202."),
        (200, '{"success": true, "more": 1}', ACCEPTED, "Segment returned 200."),
        (200, "", RETRY, "its body is empty"),
        (204, "", RETRY, "its body is empty"),
        (200, "<!DOCTYPE html><title>Sign in</title>", RETRY, "it is an HTML page"),
        (200, "  <html>Blocked</html>", RETRY, "it is an HTML page"),
        (200, "ok", RETRY, 'its body does not say "success": true'),
        (200, "{}", RETRY, 'its body does not say "success": true'),
        (200, '{"success": false}', RETRY, 'its body does not say "success": true'),
        (200, '{"success": "true"}', RETRY, 'its body does not say "success": true'),
        (200, '[{"success": true}]', RETRY, 'its body does not say "success": true'),
        (200, "[" * 1_000, RETRY, 'its body does not say "success": true'),
        (302, "", RETRY, "it redirects"),
        (307, SUCCESS, RETRY, "it redirects"),
        (403, "<html>Blocked by policy</html>", RETRY, "it is an HTML page"),
        (400, "<html>Bad request</html>", RETRY, "it is an HTML page"),
        (404, "<html>Not found</html>", RETRY, "it is an HTML page"),
    ],
)
def test_a_response_that_is_not_from_segment_delivers_nothing(
    status, text, kind, reason
):
    response = SegmentResponse(status=status, text=text)

    assert response.kind is kind
    if kind is RETRY:
        reason = f"The response ({status}) is not Segment's: {reason}."
    assert response.reason == reason


def test_a_400_that_blames_the_key_does_not_blame_the_events():
    response = SegmentResponse(status=400, text='{"message":"Invalid write key"}')

    assert response.kind is ATTENTION
    assert response.reason == "Segment rejected the write key (400)."


@pytest.mark.parametrize(
    ("status", "down"), [(503, True), (None, True), (429, False), (200, True)]
)
def test_a_host_that_asks_to_slow_down_is_not_down(status, down):
    assert SegmentResponse(status=status).host_is_down is down
