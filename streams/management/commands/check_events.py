"""Checks the events in a file against the Segment Spec. Nothing is sent or stored."""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.base.clock import now
from streams.spec.check.check_text import check_as_sent
from streams.spec.issues import Severity

if TYPE_CHECKING:
    from streams.spec.issues import Issue

CANNOT_READ = 2  # exit status; 1 means that an event has an error


class Command(BaseCommand):
    help = (
        "Check the events in a file of JSON lines against the Segment Spec. Exits with 1"
        " if an event has an error, with 2 if the file cannot be read. Nothing is sent or"
        " stored."
    )
    requires_system_checks = ()  # needs neither database nor server

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="path of the file; - is stdin")
        parser.add_argument(
            "--format",
            choices=["text", "json"],
            default="text",
            help="output format (default: text)",
        )

    def handle(self, *, file: str, **options: Any) -> None:
        as_json = options["format"] == "json"
        format_line = _as_json if as_json else _as_text
        lines: Counter[Severity | None] = Counter()
        try:
            for number, issues in checked(file):
                lines[_gravest(issues)] += 1
                if text := format_line(number, issues):
                    self.stdout.write(text)
            if not as_json:
                self.stdout.write(_summary(lines))
            self.stdout.flush()
        except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if lines[Severity.ERROR]:
            sys.exit(1)


def checked(file: str) -> Iterator[tuple[int, list[Issue]]]:
    """Yield the number, from 1, and the issues of each line that is not blank.

    Reads one line at a time. Raises CommandError if the file cannot be read.
    """
    try:
        with opened(file) as stream:
            for number, line in enumerate(stream, start=1):
                # Windows adds a byte order mark; in joined files it can be anywhere.
                if event := line.removeprefix(codecs.BOM_UTF8).strip():
                    yield number, check_as_sent(event, now=now()).issues
    except OSError as failure:
        raise CommandError(
            f"{file} cannot be read: {failure.strerror}.", returncode=CANNOT_READ
        ) from failure


@contextmanager
def opened(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as stream:
        yield stream


def _gravest(issues: Iterable[Issue]) -> Severity | None:
    severities = {issue.severity for issue in issues}
    return next((severity for severity in Severity if severity in severities), None)


def _as_json(number: int, issues: list[Issue]) -> str:
    return json.dumps({"line": number, "findings": [asdict(issue) for issue in issues]})


def _as_text(number: int, issues: list[Issue]) -> str:
    if not issues:
        return ""
    return "\n".join([f"Line {number}", *map(_issue_text, issues), ""])


def _issue_text(issue: Issue) -> str:
    place = issue.path or "event"
    rows = [
        f"  {issue.severity:7}  {issue.rule}  {place}",
        f"    {issue.message}",
        f"    Fix: {issue.fix}",
    ]
    if issue.docs:
        rows.append(f"    See: {issue.docs}")
    return "\n".join(map(_printable, rows))


def _printable(row: str) -> str:
    """Replace control characters, which an event's keys can contain."""
    return "".join(char if char.isprintable() else "�" for char in row)


def _summary(lines: Counter[Severity | None]) -> str:
    if not lines:
        return "The file contains no events."
    parts = [f"{lines[one]} with {label}" for one, label in _GRAVEST.items()]
    return f"Events checked: {lines.total()} ({', '.join(parts)})."


_GRAVEST = {
    Severity.ERROR: "errors",
    Severity.WARNING: "warnings only",
    Severity.HINT: "hints only",
    None: "no issues",
}
