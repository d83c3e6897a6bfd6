from __future__ import annotations

from streams.portal.workspace.json_text import coloured, highlighted, stamps


def test_keys_texts_and_numbers_are_distinguished():
    assert highlighted(b'{"a":"b: \\"c\\":","n":[1,null]}') == (
        '{\n  <span class="k">&quot;a&quot;</span>:'
        ' <span class="s">&quot;b: \\&quot;c\\&quot;:&quot;</span>,'
        '\n  <span class="k">&quot;n&quot;</span>: [\n'
        '    <span class="n">1</span>,\n    <span class="n">null</span>\n  ]\n}'
    )


def test_markup_in_an_event_stays_text():
    assert "<script>" not in highlighted(b'{"a":"<script>alert(1)</script>"}')


def test_a_number_is_shown_as_it_was_sent():
    digits = b"9" * 5_000  # more digits than Python converts to a number

    assert digits.decode() in highlighted(b'{"n":' + digits + b"}")


def test_an_event_without_stamps_has_empty_ones():
    assert stamps(b"{}").context.integration.name == ""


def test_an_unterminated_string_takes_no_longer_than_a_terminated_one():
    assert coloured('"' + '\\"' * 50_000).startswith('<span class="s">')
