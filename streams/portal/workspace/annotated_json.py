"""An event's JSON line by line, with each issue below the line that it refers to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streams.catalog.validation.faults import faults_of
from streams.events.dry_run import DryRunOutcome
from streams.portal.workspace.json_text import coloured
from streams.spec.call_structure import CALLS
from streams.spec.decode.positions import InvalidJson, JsonPosition, locate
from streams.spec.decode.structure import MAX_EVENT_BYTES
from streams.spec.issues import Severity
from streams.spec.rules import RULES

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from streams.events.dry_run import DryRunResult
    from streams.spec.check.pasted_events import PastedEvent
    from streams.spec.issues import Issue

LONG_LINE = 100  # characters; an event in one longer line is shown with an indent
SHOWN_WHOLE = 40  # lines; in longer events, lines far from any issue are left out
AROUND = 4  # lines that are shown before and after a line with an issue

TONES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.HINT: ""}
SEVERITIES = {
    Severity.ERROR: gettext_lazy("Error"),
    Severity.WARNING: gettext_lazy("Warning"),
    Severity.HINT: gettext_lazy("Hint"),
}
OUTCOMES = {
    DryRunOutcome.REFUSED: ("bad", gettext_lazy("Rejected in every mode")),
    DryRunOutcome.REJECTED: ("bad", gettext_lazy("Rejected")),
    DryRunOutcome.QUARANTINED: ("warn", gettext_lazy("Quarantined")),
}
SENT_WARNED = ("warn", gettext_lazy("Accepted with issues"))
SENT = ("good", gettext_lazy("Accepted"))


@dataclass(frozen=True, slots=True)
class Annotation:
    """A fault as the page shows it: an issue, and those of other rules about the same fault."""

    issue: Issue
    also: tuple[Issue, ...] = ()

    @property
    def tone(self) -> str:
        return TONES[self.issue.severity]

    @property
    def severity(self) -> str:
        """The translated severity."""
        return str(SEVERITIES[self.issue.severity])


@dataclass(frozen=True, slots=True)
class AnnotatedLine:
    """A line, or a gap in place of lines that are left out."""

    number: int
    code: SafeString
    annotations: list[Annotation]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedEvent:
    """One checked event as the page shows it."""

    title: str
    call: str
    line: int  # its first line in the pasted text
    is_indented: bool  # by us: its lines are counted from 1
    tone: str
    word: str
    broken: str  # where it stops being valid JSON, and why; empty: it is valid
    counts: list[str]  # "2 errors", "1 warning"
    rows: list[AnnotatedLine]


def annotated(
    piece: PastedEvent, result: DryRunResult, *, is_whole: bool = False
) -> AnnotatedEvent:
    """Combine an event and its issues for the page, with all lines if `is_whole`."""
    text, first = piece.text, piece.line
    is_indented = (
        "\n" not in text and len(text) > LONG_LINE and result.event is not None
    )
    if is_indented:
        text, first = msgspec.json.format(text, indent=2), 1
    annotations: dict[int, list[Annotation]] = defaultdict(list)
    issues, broken = result.issues, ""
    try:
        root = locate(text)
    except InvalidJson as error:
        line, column = _position(text, error.at)
        where = {"line": first + line, "column": column + 1}
        broken = _("Line %(line)s, column %(column)s: %(message)s") % {
            **where,
            "message": error.message,
        }
        issues = [_of_json(text, error, issues)]
        annotations[line] = [Annotation(issues[0])]
    else:
        _annotate(annotations, issues, text, root)
        issues = _faults(annotations)
    tone, word = _outcome(result)
    return AnnotatedEvent(
        title=_title(result),
        call=_call(result),
        line=piece.line,
        is_indented=is_indented,
        tone=tone,
        word=word,
        broken=broken,
        counts=counts(issues),
        rows=list(_rows(text.split("\n"), annotations, first, is_whole=is_whole)),
    )


def annotated_lines(payload: bytes, issues: Sequence[Issue]) -> list[AnnotatedLine]:
    """Combine a stored event, with an indent, and its issues for a page."""
    text = msgspec.json.format(payload, indent=2).decode()
    root = locate(text)
    annotations: dict[int, list[Annotation]] = defaultdict(list)
    _annotate(annotations, issues, text, root)
    return list(_rows(text.split("\n"), annotations, 1))


def _annotate(
    annotations: dict[int, list[Annotation]],
    issues: Sequence[Issue],
    text: str,
    root: JsonPosition,
) -> None:
    """Add each fault to its line: issues that the page of issues also counts as one."""
    for first, *also in faults_of(issues):
        line, _column = _position(text, _offset(root, first))
        annotations[line].append(Annotation(first, tuple(also)))


def _faults(annotations: dict[int, list[Annotation]]) -> list[Issue]:
    return [one.issue for line in annotations.values() for one in line]


def plain_lines(payload: bytes) -> list[AnnotatedLine]:
    """Return a stored event that isn't valid JSON, as it is, for a page."""
    text = payload.decode(errors="replace")
    return list(_rows(text.split("\n"), defaultdict(list), 1))


def _offset(root: JsonPosition, issue: Issue) -> int:
    return root.find(issue.path).at if issue.path else root.start


def _position(text: str, at: int) -> tuple[int, int]:
    """Line and column, from 0."""
    return text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1)


def _of_json(text: str, error: InvalidJson, issues: Sequence[Issue]) -> Issue:
    """Return ingest's issue for invalid JSON, with a message that says where it breaks."""
    if issues and len(text.encode()) <= MAX_EVENT_BYTES:
        return replace(issues[0], message=error.message)
    # This may be a whole batch, so its size is not the problem.
    rule = RULES["SPEC-JSON-001"]
    return rule.issue("", error.message, "Build the body with a JSON library.")


def _rows(
    lines: Sequence[str],
    annotations: dict[int, list[Annotation]],
    first: int,
    *,
    is_whole: bool = False,
) -> Iterator[AnnotatedLine]:
    whole = is_whole or len(lines) <= SHOWN_WHOLE
    near = {0, 1, len(lines) - 1}
    near.update(at + step for at in annotations for step in range(-AROUND, AROUND + 1))
    skipped = 0
    for at, line in enumerate(lines):
        if not whole and at not in near:
            skipped += 1
            continue
        if skipped:
            yield AnnotatedLine(
                first + at - skipped, coloured(""), [], left_out=skipped
            )
            skipped = 0
        yield AnnotatedLine(first + at, coloured(line), annotations.get(at, []))


def _outcome(result: DryRunResult) -> tuple[str, str]:
    """Return the tone and the label."""
    if result.outcome in OUTCOMES:
        tone, word = OUTCOMES[result.outcome]
    else:
        is_serious = any(issue.severity is not Severity.HINT for issue in result.issues)
        tone, word = SENT_WARNED if is_serious else SENT
    return tone, str(word)


def counts(issues: Sequence[Issue]) -> list[str]:
    """Count the issues of each severity, the most severe first."""
    errors, warnings, hints = (
        sum(issue.severity is severity for issue in issues) for severity in Severity
    )
    texts = []
    if errors:
        text = ngettext("%(count)d error", "%(count)d errors", errors)
        texts.append(text % {"count": errors})
    if warnings:
        text = ngettext("%(count)d warning", "%(count)d warnings", warnings)
        texts.append(text % {"count": warnings})
    if hints:
        text = ngettext("%(count)d hint", "%(count)d hints", hints)
        texts.append(text % {"count": hints})
    return texts


def _title(result: DryRunResult) -> str:
    event = result.event or {}
    name = event.get("event") or event.get("name")
    return name[:100] if isinstance(name, str) else ""


def _call(result: DryRunResult) -> str:
    call = (result.event or {}).get("type")
    return call if isinstance(call, str) and call in CALLS else ""
