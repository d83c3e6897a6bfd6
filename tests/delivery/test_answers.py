from __future__ import annotations

import pytest

from streams.delivery.answers import Answer, Verdict

TAKEN, HALVE, HOLD, RETRY = Verdict.TAKEN, Verdict.HALVE, Verdict.HOLD, Verdict.RETRY


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, TAKEN), (202, TAKEN),
        (400, HALVE), (413, HALVE),
        (401, HOLD), (403, HOLD), (404, HOLD), (422, HOLD), (302, HOLD),
        (501, HOLD), (505, HOLD),
        (408, RETRY), (410, RETRY), (429, RETRY), (460, RETRY),
        (500, RETRY), (502, RETRY), (503, RETRY), (504, RETRY), (511, RETRY),
        (None, RETRY),
    ],
)  # fmt: skip
def test_each_answer_has_one_verdict(status, verdict):
    assert Answer(status=status).verdict is verdict


def test_a_400_that_blames_the_key_does_not_blame_the_events():
    answer = Answer(status=400, text='{"message":"Invalid write key"}')

    assert answer.verdict is HOLD
    assert answer.reason == "Segment refused the write key (400)."


@pytest.mark.parametrize(
    ("status", "down"), [(503, True), (None, True), (429, False), (200, False)]
)
def test_a_host_that_asks_for_patience_is_not_down(status, down):
    assert Answer(status=status).host_is_down is down
