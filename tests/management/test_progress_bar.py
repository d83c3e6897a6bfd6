from __future__ import annotations

import io

from django.core.management.base import OutputWrapper

from streams.devtools.demo.progress_bar import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(out: io.StringIO, *done: int) -> str:
    progress = Progress(OutputWrapper(out), total=1000)
    for number in done:
        progress.show(number)
    return out.getvalue()


def test_a_terminal_shows_one_line_that_fills_up():
    lines = shown(Terminal(), 500, 1000).split("\r")

    assert lines[1].startswith(f"  {'█' * 16}{'░' * 16}  500 of 1,000 events")
    assert lines[2].startswith(f"  {'█' * 32}  1,000 of 1,000 events")
    assert lines[2].endswith("\n")


def test_a_file_gets_five_lines_however_often_progress_is_reported():
    lines = shown(io.StringIO(), *range(1, 1001)).splitlines()

    assert [line.split(" events")[0] for line in lines] == [
        f"  {done} of 1,000" for done in ("200", "400", "600", "800", "1,000")
    ]
