"""The rules of rules.toml, and what they find in a text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.prose.segments import Segment

FILE = Path(__file__).with_name("rules.toml")
_SENTENCE_START = r"(?:\A|(?<=[.!?:])\s|\n\s*\n)[\s\"“(*_]*"
_SENTENCE_END = re.compile(r"[.!?](?=[\s\"”)*_]|\Z)|\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern that no text may match, and what to write in its place."""

    pattern: re.Pattern[str]
    suggestion: str
    surfaces: frozenset[str]  # empty: all of them
    allowed: re.Pattern[str] | None  # longer phrases in which the word is right
    except_files: tuple[str, ...]
    is_opening: bool  # matches at the start of a sentence that is no question

    def applies_to(self, surface: str, path: str) -> bool:
        """Return whether texts of this kind in this file are held to the rule."""
        if self.surfaces and surface not in self.surfaces:
            return False
        return not any(fnmatch(path, glob) for glob in self.except_files)

    def matches(self, segment: Segment) -> Iterator[tuple[int, str]]:
        """Yield the line and the words of every violation."""
        text = segment.text
        spans = [] if self.allowed is None else self.allowed.finditer(text)
        allowed = [match.span() for match in spans]
        for match in self.pattern.finditer(text):
            start, end = match.span("words")
            if any(first <= start and end <= last for first, last in allowed):
                continue
            if self.is_opening and _is_question(text, end):
                continue
            yield segment.line_of(start), " ".join(match["words"].split())


@dataclass(frozen=True, slots=True)
class Config:
    """All rules, and the files of each surface."""

    rules: tuple[Rule, ...]
    surfaces: Mapping[str, tuple[str, ...]]
    not_checked: tuple[str, ...]

    def violations(
        self, surface: str, path: str, segments: Iterator[Segment]
    ) -> Iterator[str]:
        """Yield a line of output for everything that breaks a rule."""
        rules = [rule for rule in self.rules if rule.applies_to(surface, path)]
        for segment in segments:
            for rule in rules:
                for line, words in rule.matches(segment):
                    yield f"{path}:{line}: “{words}”: {rule.suggestion}"


def load(file: Path = FILE) -> Config:
    """Read the rules. Raises KeyError and re.error on mistakes in the file."""
    content = tomllib.loads(file.read_text())
    return Config(
        tuple(_rule(each) for each in content["rule"]),
        {name: tuple(globs) for name, globs in content["surfaces"].items()},
        tuple(content["not_checked"]),
    )


def _rule(content: dict[str, object]) -> Rule:
    opening = bool(content.get("opening"))
    words = _spaced(str(content["pattern"]))
    start = _SENTENCE_START if opening else r"(?<![\w@./-])"
    pattern = rf"{start}(?P<words>{words})(?![\w@/]|\.\w)"
    allowed = content.get("allowed")
    return Rule(
        pattern=re.compile(pattern, 0 if content.get("exact") else re.IGNORECASE),
        suggestion=str(content["say"]),
        surfaces=frozenset(_strings(content.get("surfaces", []))),
        allowed=allowed and re.compile(_spaced(str(allowed)), re.IGNORECASE),
        except_files=_strings(content.get("except_files", [])),
        is_opening=opening,
    )


def _spaced(pattern: str) -> str:
    """Let a space match any whitespace: sentences go on on the next line."""
    return pattern.replace(" ", r"\s+")


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return tuple(str(each) for each in value)


def _is_question(text: str, offset: int) -> bool:
    end = _SENTENCE_END.search(text, offset)
    return end is not None and end[0] == "?"
