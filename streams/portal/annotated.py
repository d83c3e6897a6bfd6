"""An event's JSON line by line, and what is wrong with it below the lines it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from streams.events.trial import Fate
from streams.portal.pretty import coloured
from streams.spec.calls import CALLS
from streams.spec.findings import Severity
from streams.spec.located import Broken, Place, locate
from streams.spec.rules import RULES
from streams.spec.sound import MAX_EVENT_BYTES

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from streams.events.trial import Verdict
    from streams.spec.findings import Finding
    from streams.spec.pasted import Piece

LONG_LINE = 100  # characters; an event in one longer line is shown with an indent
SHOWN_WHOLE = 40  # lines; of longer events those far from any finding are left out
AROUND = 4  # lines that are shown before and after one with a finding

TONES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.HINT: ""}
FATES = {
    Fate.REFUSED: ("bad", "Refused in every mode"),
    Fate.REJECTED: ("bad", "Rejected"),
    Fate.QUARANTINED: ("warn", "Quarantined"),
}
SENT_WARNED, SENT = ("warn", "Sent, with findings"), ("good", "Sent")


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding as it is shown."""

    finding: Finding
    tone: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line, or some that are left out."""

    number: int
    code: SafeString
    remarks: list[Remark]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """One event, to be shown."""

    title: str
    call: str
    line: int  # where it begins in what was pasted
    is_indented: bool  # by us: lines are counted from its own first
    tone: str
    word: str
    broken: str  # where and how it stops being JSON; empty: it is
    counts: list[tuple[str, int]]
    rows: list[Row]


def annotated(piece: Piece, verdict: Verdict) -> Annotated:
    """What the page shows of an event and what was said of it."""
    text, first = piece.text, piece.line
    is_indented = (
        "\n" not in text and len(text) > LONG_LINE and verdict.event is not None
    )
    if is_indented:
        text, first = msgspec.json.format(text, indent=2), 1
    notes: dict[int, list[Remark]] = defaultdict(list)
    findings, broken = verdict.findings, ""
    try:
        place = locate(text)
    except Broken as found:
        line, column = _position(text, found.at)
        broken = f"Line {first + line}, column {column + 1}: {found.message}"
        findings = [_of_json(text, found, findings)]
        notes[line] = [Remark(findings[0], TONES[findings[0].severity])]
    else:
        for finding in findings:
            at = _position(text, _offset(place, finding))[0]
            notes[at].append(Remark(finding, TONES[finding.severity]))
    tone, word = _fate(verdict)
    return Annotated(
        title=_title(verdict),
        call=_call(verdict),
        line=piece.line,
        is_indented=is_indented,
        tone=tone,
        word=word,
        broken=broken,
        counts=_counts(findings),
        rows=list(_rows(text.split("\n"), notes, first)),
    )


def _offset(place: Place, finding: Finding) -> int:
    return place.find(finding.path).at if finding.path else place.start


def _position(text: str, at: int) -> tuple[int, int]:
    """Line and column, from 0."""
    return text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1)


def _of_json(text: str, found: Broken, findings: Sequence[Finding]) -> Finding:
    """What ingest says of bytes that are no JSON, in words that show where."""
    if findings and len(text.encode()) <= MAX_EVENT_BYTES:
        return replace(findings[0], message=found.message)
    # A whole batch, perhaps: that it is too large for one event is not what is wrong.
    rule = RULES["SPEC-JSON-001"]
    return rule.finding("", found.message, "Build the body with a JSON library.")


def _rows(
    lines: Sequence[str], notes: dict[int, list[Remark]], first: int
) -> Iterator[Row]:
    whole = len(lines) <= SHOWN_WHOLE
    near = {0, 1, len(lines) - 1}
    near.update(at + step for at in notes for step in range(-AROUND, AROUND + 1))
    skipped = 0
    for at, line in enumerate(lines):
        if not whole and at not in near:
            skipped += 1
            continue
        if skipped:
            yield Row(first + at - skipped, coloured(""), [], left_out=skipped)
            skipped = 0
        yield Row(first + at, coloured(line), notes.get(at, []))


def _fate(verdict: Verdict) -> tuple[str, str]:
    if verdict.fate in FATES:
        return FATES[verdict.fate]
    grave = any(one.severity is not Severity.HINT for one in verdict.findings)
    return SENT_WARNED if grave else SENT


def _counts(findings: Sequence[Finding]) -> list[tuple[str, int]]:
    """Of each severity that there is, the gravest first."""
    counted = [(one, sum(f.severity is one for f in findings)) for one in Severity]
    return [(one.value, count) for one, count in counted if count]


def _title(verdict: Verdict) -> str:
    event = verdict.event or {}
    name = event.get("event") or event.get("name")
    return name[:100] if isinstance(name, str) else ""


def _call(verdict: Verdict) -> str:
    call = (verdict.event or {}).get("type")
    return call if isinstance(call, str) and call in CALLS else ""
