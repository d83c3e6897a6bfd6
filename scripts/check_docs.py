"""Checks every Markdown file: links, anchors, and the paths and tests that it names.

    python scripts/check_docs.py [FOLDER]

Nothing is fetched: links to other hosts are not followed.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
# Where a path of the docs may start. Templates and guides are part of the product.
BASES = ("", "streams", "tests/faults")
# A file of ours in backticks, and perhaps a test in it: `tests/test_run.py::test_a…`.
NAMED = re.compile(r"(?P<path>[\w.-]+(?:/[\w.-]+)*\.(?:py|sh|md|html|yaml|conf))(?:::(?P<test>\w+)(?P<cut>…)?)?")  # fmt: skip
SAME_FILE = re.compile(r"…::(?P<test>\w+)(?P<cut>…)?")
# The product serves a guide here; its tests follow the anchors that it generates.
GUIDE = re.compile(r"/docs/guide/([\w-]+)/")
GUIDES = "streams/docs/guides"
GENERATED_ANCHOR = re.compile(r"[A-Z]+([-_][A-Z0-9]+)*")
# Files that a guide has its readers create.
NOT_OURS = {"send.py"}

_markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def main() -> None:
    root = Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT
    files = markdown_files(root)
    wrong = [line for file in files for line in problems(file, root)]
    for line in wrong:
        print(line)
    print(f"Markdown files: {len(files)}, problems: {len(wrong)}")
    sys.exit(bool(wrong))


def markdown_files(root: Path) -> list[Path]:
    """Every Markdown file that git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return [root / name for name in listed.stdout.split("\n") if name]


def problems(file: Path, root: Path) -> Iterator[str]:
    """Each problem as `file:line: what is wrong`."""
    place = file.relative_to(root).as_posix()
    for line, token in inline_tokens(file.read_text()):
        if token.type in {"link_open", "image"}:
            target = str(token.attrs.get("href") or token.attrs.get("src") or "")
            if fault := link_fault(target, file, root):
                yield f"{place}:{line}: {fault}"
    for line, tokens in code_of_lines(file.read_text()):
        for fault in code_faults(tokens, file, root):
            yield f"{place}:{line}: {fault}"


def inline_tokens(text: str) -> Iterator[tuple[int, Token]]:
    """Each inline token with the line of its block, starting at 1."""
    for block in _markdown.parse(text):
        if block.type == "inline" and block.map:
            for token in block.children or ():
                yield block.map[0] + 1, token


def code_of_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The code spans of each line that has some; a table's cells share a line."""
    lines: dict[int, list[str]] = {}
    for line, token in inline_tokens(text):
        if token.type == "code_inline":
            lines.setdefault(line, []).append(token.content)
    yield from lines.items()


def link_fault(target: str, file: Path, root: Path) -> str | None:
    """The fault of a link; None: it leads somewhere, or to another host."""
    url = urlsplit(target)
    if url.scheme or url.netloc or "{{" in unquote(target):
        return None
    leads_to = file
    if guide := GUIDE.fullmatch(url.path):
        leads_to = root / GUIDES / f"{guide[1]}.md"
    elif url.path.startswith("/"):
        return None  # of a running portal
    elif url.path:
        leads_to = file.parent / unquote(url.path)
    if not leads_to.exists():
        return f"{target} does not exist"
    anchor = unquote(url.fragment)
    if not anchor or (file.parent == root / GUIDES and is_generated(anchor)):
        return None
    if leads_to.suffix == ".md" and anchor not in anchors(leads_to):
        return f"{target}: there is no such heading"
    return None


def is_generated(anchor: str) -> bool:
    """Whether it is the ID of a rule or the name of a setting."""
    return GENERATED_ANCHOR.fullmatch(anchor) is not None


@cache
def anchors(file: Path) -> set[str]:
    """The anchors of a file's headings, as public forges make them."""
    found: set[str] = set()
    tokens = _markdown.parse(file.read_text())
    for opens, inline in pairwise(tokens):
        if opens.type == "heading_open":
            name = slug("".join(t.content for t in inline.children or ()))
            count = sum(re.fullmatch(rf"{re.escape(name)}(-\d+)?", a) is not None for a in found)  # fmt: skip
            found.add(f"{name}-{count}" if count else name)
    return found


def slug(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.strip().replace(" ", "-")


def code_faults(spans: list[str], file: Path, root: Path) -> Iterator[str]:
    """Paths and tests in one line's code spans that do not exist."""
    last: Path | None = None
    for span in spans:
        if same := SAME_FILE.fullmatch(span):
            if last is None or not has_test(last, same["test"], cut=bool(same["cut"])):
                yield f"{span} does not exist"
        elif named := NAMED.fullmatch(span):
            last = find(named["path"], file, root)
            test, cut = named["test"], bool(named["cut"])
            if last is None or (test and not has_test(last, test, cut=cut)):
                yield f"{span} does not exist"


def find(path: str, file: Path, root: Path) -> Path | None:
    """The file of a path in backticks; a name alone may be anywhere in the repository."""
    for base in (file.parent, *(root / base for base in BASES)):
        if (base / path).exists():
            return base / path
    if "/" not in path and (path in NOT_OURS or path in names(root)):
        return names(root).get(path, file)
    return None


@cache
def names(root: Path) -> dict[str, Path]:
    """The files of the repository by their last name."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return {Path(name).name: root / name for name in listed.stdout.split("\n") if name}


def has_test(file: Path, name: str, *, cut: bool) -> bool:
    """Whether a test file defines it; `cut`: only the start of the name is given."""
    return any(t.startswith(name) if cut else t == name for t in tests_of(file))


@cache
def tests_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


if __name__ == "__main__":
    main()
