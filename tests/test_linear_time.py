"""No text that a tenant or a sender can write costs more than linear time.

Every regular expression of the portal is tried with texts that are generated from it:
the beginning of a match, then one or two of its characters repeated. Twice the text
must not cost much more than twice the work. The speed of the machine does not matter.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import random
import re
from contextlib import suppress
from itertools import product
from pathlib import Path
from re import _constants as op
from re import _parser as parser
from time import thread_time

import pytest
from django.contrib import admin

import streams
from streams.base.text.markdown import LANGUAGES, render
from streams.catalog.pages.svg import read_svg
from streams.connections.key_format import problem_with, trimmed
from streams.observability.logging_setup import mask
from streams.tenancy.external_ids import InvalidExternalId, clean_external_id
from tests import factories

SHORT, LONG = 500, 4_000  # characters
MOST = 24  # linear is 8 times the work, quadratic is 64 times
# Less is not worth measuring: quadratic work on LONG takes far more.
TOO_FAST_S = 0.004


def growth(work, make_text) -> float:
    """Return how many times the work of SHORT LONG takes, or 0 if too little."""
    long = make_text(LONG)
    if cost(work, long) < TOO_FAST_S:
        return 0
    short = make_text(SHORT)
    return min(cost(work, long) for _ in "12") / min(cost(work, short) for _ in "123")


def cost(work, text) -> float:
    before = thread_time()
    work(text)
    return thread_time() - before


# --- Regular expressions --------------------------------------------------------------


def modules():
    admin.autodiscover()  # in Django's order: one of our modules replaces a library's page
    for module in pkgutil.walk_packages(streams.__path__, "streams."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            yield importlib.import_module(module.name)


def patterns() -> dict[str, tuple[re.Pattern, set[str]]]:
    """Return the compiled patterns by name, and the methods that their modules call."""
    found = {}
    for module in modules():
        text = Path(module.__file__).read_text()
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern) and f"{name} = re.compile(" in text:
                calls = re.findall(rf"\b{name}\.(search|match|fullmatch|sub|split|findall|finditer)\(", text)  # fmt: skip
                found[f"{module.__name__}.{name}"] = value, set(calls) or {"fullmatch"}
    return found


PATTERNS = patterns()


def characters(items) -> set[str]:
    """Return the characters of a parsed pattern, one of each kind."""
    kinds = {op.CATEGORY_DIGIT: "0", op.CATEGORY_SPACE: " ", op.CATEGORY_NOT_WORD: "-"}
    found = set()
    for code, value in items:
        if code in (op.LITERAL, op.NOT_LITERAL):
            found.add(chr(value))
        elif code is op.RANGE:
            found.add(chr(value[0]))
        elif code is op.CATEGORY:
            found.add(kinds.get(value, "a"))
        elif code is op.IN:
            found |= characters(value)
        else:
            for inner in inside(code, value):
                found |= characters(inner)
    return found


def inside(code, value):
    if code is op.SUBPATTERN:
        return [value[3]]
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return [value[2]]
    if code is op.BRANCH:
        return value[1]
    if code in (op.ASSERT, op.ASSERT_NOT):
        return [value[1]]
    return [value] if code is op.ATOMIC_GROUP else []


def examples(items) -> list[str]:
    """Return short texts that a parsed pattern roughly matches, one of each branch."""
    found = [""]
    for code, value in items:
        if code is op.IN and value[0][0] is op.NEGATE:
            ends = ["a"]
        elif code in (op.LITERAL, op.IN, op.ANY, op.NOT_LITERAL):
            ends = sorted(characters([(code, value)]) - {"\n"})[:1] or ["a"]
        elif code in (op.ASSERT_NOT, op.AT):
            ends = [""]
        else:
            ends = [e for inner in inside(code, value) for e in examples(inner)] or [""]
        found = [a + b for a, b in product(found, ends)][:8]
    return found


def texts(pattern):
    """Return beginnings and repeated parts that may be slow, always the same ones."""
    source = pattern.pattern
    if isinstance(source, bytes):
        source = source.decode("latin-1")
    parsed = parser.parse(source, pattern.flags & ~re.DEBUG)
    letters = sorted(characters(parsed) | {"a", " "})
    if len(letters) > 5:
        letters = random.Random(7).sample(letters, 5)
    beginnings = {e[:n] for e in examples(parsed) for n in range(len(e) + 1)}
    beginnings = sorted(beginnings, key=lambda one: (len(one), one))[:12]
    repeated = [*letters, *map("".join, product(letters, repeat=2))]
    return product(beginnings, repeated, ("", "!\n"))


@pytest.mark.parametrize("name", PATTERNS)
def test_a_regular_expression_takes_linear_time(name):
    pattern, methods = PATTERNS[name]
    convert = str.encode if isinstance(pattern.pattern, bytes) else str

    def work(text):
        for method in methods:
            if method == "sub":
                pattern.sub(convert(""), text)
            elif method == "finditer":
                list(pattern.finditer(text))
            else:
                getattr(pattern, method)(text)

    for beginning, repeated, end in texts(pattern):

        def make_text(size, parts=(beginning, repeated, end)):
            return convert(parts[0] + parts[1] * (size // len(parts[1])) + parts[2])

        assert growth(work, make_text) < MOST, (name, beginning, repeated, end)


def test_every_regular_expression_is_found_by_its_name():
    unnamed = [
        f"{module.__name__}:{node.lineno}"
        for module in modules()
        for node in ast.walk(ast.parse(Path(module.__file__).read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr not in ("compile", "escape")
    ]

    assert unnamed == []


@pytest.mark.parametrize(
    "slow",
    [
        r"([^{}]+)\{([^{}]*)\}",  # as it once read the CSS of a logo
        r"\A[^@\s]+@[^@\s]+\.[^@\s]+\Z",  # and an email address
    ],
)
def test_a_slow_expression_would_be_found(slow):
    pattern = re.compile(slow)

    assert any(
        growth(pattern.search, lambda n, p=parts: p[0] + p[1] * (n // len(p[1])) + p[2])
        > MOST
        for parts in texts(pattern)
    )


# --- Combinations of expressions --------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        "*a_ ", "[", "![", "`a", "<a", "> ", "- ", "\\", "[a](", "[a]: b\n", "[a][", "&a",
        "# a\n", "~~a", "__a", "a  \n", "<a@b", "[a]", "a**b", "[a](b(", '[a](b "c',
        "```http\n", "    a\n", "1. ", "\t", "|a", "|a\n|-\n",
    ],
)  # fmt: skip
def test_markdown_takes_linear_time(part):
    assert growth(render, lambda size: part * (size // len(part))) < MOST


@pytest.mark.parametrize("mark", ["\u0f73", "\u0301\u0323", "\u0327\u0301"])
def test_normalization_takes_linear_time(mark):
    """Unicode sorts combining marks one by one."""

    def clean(text):
        with suppress(InvalidExternalId):
            clean_external_id(text)

    def marks(size):
        return mark * (size // len(mark))

    assert growth(render, lambda size: f"# a{marks(size)}") < MOST
    assert growth(clean, marks) < MOST


def test_the_number_of_cells_of_a_table_is_bounded():
    columns = 140
    head = "|" + "a|" * columns + "\n|" + "-|" * columns + "\n"

    html = render(head + "a|\n" * 2_000).html

    # Rows are padded with cells: 280,000 of them, if the parser did not stop.
    assert html.count("<td") < 80_000


@pytest.mark.parametrize(
    "language",
    [
        *sorted(LANGUAGES),
        "http",
        "csharp",
        "css",
        "java",
        "php",
        "python",
        "typescript",
        "xml",
    ],
)
@pytest.mark.parametrize("part", ["a", "a\n", "a ", "<a", '\\"', "$", '"$', "&&", "{"])
def test_code_in_any_language_takes_linear_time(language, part):
    def page(size):
        return f"```{language}\n{language}{part * (size // len(part))}\n```\n"

    assert growth(render, page) < MOST


@pytest.mark.parametrize(
    "css", ["a", "{", "}", "a{", "a{}", "/*", "*/", "a,", "url(", ";", "a:b;", "@a{b{"]
)
def test_the_style_of_a_logo_takes_linear_time(css):
    def logo(size):
        style = css * (size // len(css))
        return f'<svg xmlns="http://www.w3.org/2000/svg"><style>{style}</style><rect/></svg>'.encode()

    assert growth(read_svg, logo) < MOST


@pytest.mark.parametrize(
    "part", ["a", " ", "\u200b", " \u200b", "a@a.", "a@", "writeKey ", "-", "<", "a.a"]
)
@pytest.mark.parametrize("work", [trimmed, problem_with])
def test_a_pasted_write_key_takes_linear_time(work, part):
    assert growth(work, lambda size: part * (size // len(part))) < MOST


@pytest.mark.parametrize(
    "part", ["://", "://:", ":", "basic ", "bearer a", "ik_", "a@"]
)
def test_masking_a_log_line_takes_linear_time(part):
    assert growth(mask, lambda size: part * (size // len(part))) < MOST


def test_a_password_with_colons_is_masked_completely():
    secret = factories.PASSWORD.replace(" ", ":")

    assert secret not in mask(f"smtp://portal:{secret}@mail.example.com:587")
