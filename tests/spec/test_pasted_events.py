from __future__ import annotations

import pytest

from streams.spec.check.pasted_events import MOST_EVENTS, PastedEvent, pieces_of
from streams.spec.decode.positions import InvalidJson

ONE = '{"type": "track"}'
TWO = '{"type": "page"}'


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (ONE, [(ONE, 1)]),
        (f"\n{ONE}\n\n{TWO}", [(ONE, 2), (TWO, 4)]),
        (f"{ONE}\n{{broken\n{TWO}", [(ONE, 1), ("{broken", 2), (TWO, 3)]),
        (f'{{"batch": [\n  {ONE},\n  {TWO}]}}', [(ONE, 2), (TWO, 3)]),
        (f"[{ONE}, {TWO}]", [(ONE, 1), (TWO, 1)]),
        ('{"batch": []}', []),
        ('{"batch": 1}', [('{"batch": 1}', 1)]),
        ("7", [("7", 1)]),
    ],
)
def test_a_text_is_split_into_events(text, pieces):
    assert pieces_of(text).pieces == [PastedEvent(*one) for one in pieces]


def test_an_event_of_a_batch_is_dedented():
    text = '{"batch": [\n    {\n      "type": "track"\n    }\n]}'

    assert pieces_of(text).pieces == [PastedEvent('{\n  "type": "track"\n}', 2)]


def test_fields_of_a_batch_apply_to_its_events():
    text = '{"batch": [{}], "context": {"ip": "198.51.100.7"}}'

    assert pieces_of(text).context == {"ip": "198.51.100.7"}


def test_events_above_the_limit_are_counted():
    pasted = pieces_of("\n".join([ONE] * (MOST_EVENTS + 2)))

    assert (len(pasted.pieces), pasted.left_out) == (MOST_EVENTS, 2)


def test_a_broken_event_of_many_lines_is_reported_as_broken():
    with pytest.raises(InvalidJson):
        pieces_of('{\n"type": "track",\n}')
