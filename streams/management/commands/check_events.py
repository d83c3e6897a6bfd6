"""Holds events in a file against the Segment Spec; nothing is sent or stored."""

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
from streams.spec.findings import Severity
from streams.spec.sent import look_at

if TYPE_CHECKING:
    from streams.spec.findings import Finding

CANNOT_READ = 2  # the exit status; 1 says that an event has an error


class Command(BaseCommand):
    help = (
        "Check events against the Segment Spec: JSON lines, one event each. Exits 1 if"
        " an event has an error, 2 if the file cannot be read. Nothing is sent or stored."
    )
    requires_system_checks = ()  # needs no database and no server

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a path, or - for stdin")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *, file: str, **options: Any) -> None:
        as_json = options["format"] == "json"
        say = _as_json if as_json else _as_text
        lines: Counter[Severity | None] = Counter()
        try:
            for number, findings in checked(file):
                lines[_gravest(findings)] += 1
                if said := say(number, findings):
                    self.stdout.write(said)
            if not as_json:
                self.stdout.write(_summary(lines))
            self.stdout.flush()
        except BrokenPipeError:  # whoever reads, as `head`, has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if lines[Severity.ERROR]:
            sys.exit(1)


def checked(file: str) -> Iterator[tuple[int, list[Finding]]]:
    """Each line's number, from 1, and findings; blank lines are left out.

    Reads one line at a time. Raises CommandError where the file cannot be read.
    """
    try:
        with opened(file) as stream:
            for number, line in enumerate(stream, start=1):
                # Windows writes a mark before the text; files may have been joined.
                if event := line.removeprefix(codecs.BOM_UTF8).strip():
                    yield number, look_at(event, now=now()).findings
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


def _gravest(findings: Iterable[Finding]) -> Severity | None:
    found = {finding.severity for finding in findings}
    return next((severity for severity in Severity if severity in found), None)


def _as_json(number: int, findings: list[Finding]) -> str:
    return json.dumps({"line": number, "findings": [asdict(one) for one in findings]})


def _as_text(number: int, findings: list[Finding]) -> str:
    if not findings:
        return ""
    return "\n".join([f"Line {number}", *map(_told, findings), ""])


def _told(finding: Finding) -> str:
    place = finding.path or "the event"
    rows = [
        f"  {finding.severity:7}  {finding.rule}  {place}",
        f"    {finding.message}",
        f"    Fix: {finding.fix}",
    ]
    if finding.docs:
        rows.append(f"    See: {finding.docs}")
    return "\n".join(map(_printable, rows))


def _printable(row: str) -> str:
    """Keys of an event may hold what would steer a terminal."""
    return "".join(char if char.isprintable() else "�" for char in row)


def _summary(lines: Counter[Severity | None]) -> str:
    if not lines:
        return "There are no events in it."
    parts = [f"{lines[one]} with {told}" for one, told in _GRAVEST.items()]
    return f"{lines.total()} checked: {', '.join(parts)}."


_GRAVEST = {
    Severity.ERROR: "errors",
    Severity.WARNING: "warnings at most",
    Severity.HINT: "hints at most",
    None: "no findings",
}
