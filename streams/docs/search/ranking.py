"""Rank the sections that match a query, and extract excerpts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.base.text.markdown import RULE
from streams.docs.guides import index

if TYPE_CHECKING:
    from streams.docs.search.sections import SearchSection

MAX_QUERY = 100  # characters
MAX_WORDS = 8
MOST = 20  # results
MOST_OF_PAGE = 4
EXCERPT = 220  # characters
BEFORE = 60  # characters of an excerpt before the first match

# The score of a match by its place.
IN_HEADING, BEGINS_HEADING, IN_PAGE, IN_TEXT, MOST_IN_TEXT = 12, 8, 4, 1, 4
PHRASE, WHOLE_HEADING = 6, 20
# Most readers are customers and partners, who can't do what this guide describes. Operators
# search for its own words, which are in no other guide.
_OF_OPERATORS = index.GUIDES["operators"].path

SHORT = 3  # characters; shorter words are matched without stemming
# Plural endings: `delivery` matches deliveries, and vice versa.
_LETTER = re.compile(r"\w")
_ENDING = re.compile(r"(?:ies|y|(?<=[^s])s)$")

Pieces = list[tuple[str, bool]]  # text, and whether it matches


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A section that matches."""

    section: SearchSection
    heading: Pieces
    excerpt: Pieces

    @property
    def href(self) -> str:
        anchor = self.section.anchor
        return f"{self.section.path}#{anchor}" if anchor else self.section.path


def search(query: str, sections: Iterable[SearchSection]) -> list[SearchResult]:
    """Return at most MOST results, best first.

    Only sections with all words are returned, or else those with the most words.
    """
    words = _words(query)
    if not words:
        return []
    phrase = " ".join(query.casefold().split())
    scored = sorted(_scored(words, phrase, sections), key=lambda one: one[:2])
    results: list[SearchResult] = []
    of_page: Counter[str] = Counter()
    for missing, _, section in scored:
        if missing > scored[0][0] or len(results) == MOST:
            break
        of_page[section.path] += 1
        if of_page[section.path] <= MOST_OF_PAGE:
            results.append(_result(section, words))
    return results


def _words(query: str) -> dict[str, re.Pattern[str]]:
    """Map the stem of each word to the pattern that matches it."""
    patterns = {}
    for word in query[:MAX_QUERY].casefold().split()[:MAX_WORDS]:
        bare = word.strip(".,;:!?\"'()“”")
        stem = _ENDING.sub("", bare) if len(bare) > SHORT else bare
        if stem:
            patterns[stem] = re.compile(rf"(?<![^\W_]){re.escape(stem)}", re.IGNORECASE)
    return patterns


def _scored(
    words: dict[str, re.Pattern[str]], phrase: str, sections: Iterable[SearchSection]
) -> Iterator[tuple[int, int, SearchSection]]:
    """Yield the number of missing words and the negated score: less is better."""
    for section in sections:
        there = [one for word, one in words.items() if word in section.folded]
        scores = [score for one in there if (score := _score(one, section))]
        if scores:
            whole = sum(scores)
            if phrase in section.folded:
                whole += PHRASE
            if phrase == section.heading.casefold():
                whole += WHOLE_HEADING
            elif section.path == _OF_OPERATORS:
                whole //= 2
            yield len(words) - len(scores), -whole, section


def _score(word: re.Pattern[str], section: SearchSection) -> int:
    score = 0
    match = word.search(section.heading)
    if match and not _is_part_of_code(match, section.heading):
        whole = not _LETTER.match(section.heading, match.end())
        score += IN_HEADING if whole else BEGINS_HEADING
    if word.search(section.page):
        score += IN_PAGE
    return score + IN_TEXT * min(MOST_IN_TEXT, len(word.findall(section.text)))


def _is_part_of_code(match: re.Match[str], heading: str) -> bool:
    """Whether a match is inside a code: `key` doesn't match INGEST-KEY-002 or SECRET_KEY."""
    if heading[: match.start()].endswith("_"):
        return True
    return RULE.fullmatch(heading) is not None and "-" not in match[0]


def _result(section: SearchSection, words: dict[str, re.Pattern[str]]) -> SearchResult:
    any_word = re.compile(
        "|".join(one.pattern for one in words.values()), re.IGNORECASE
    )
    heading = _marked(section.heading or section.page, any_word)
    return SearchResult(
        section, heading, _marked(_excerpt(section.text, any_word), any_word)
    )


def _excerpt(text: str, word: re.Pattern[str]) -> str:
    """Cut whole words around the first match."""
    match = word.search(text)
    first = max(0, match.start() - BEFORE) if match else 0
    if first:
        first = text.find(" ", first) + 1
    last = first + EXCERPT
    if last < len(text):
        last = max(text.rfind(" ", first, last), first + 1)
    cut = text[first:last].strip()
    return f"{'… ' if first else ''}{cut}{' …' if last < len(text) else ''}"


def _marked(text: str, word: re.Pattern[str]) -> Pieces:
    pieces, end = [], 0
    for match in word.finditer(text):
        pieces += [(text[end : match.start()], False), (match[0], True)]
        end = match.end()
    return [piece for piece in (*pieces, (text[end:], False)) if piece[0]]
