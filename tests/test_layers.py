"""Imports go one way: the rooms of `streams`, in order, and who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SURFACES = {"ingest", "api", "portal", "docs", "admin", "management", "sandbox"}
# A room imports what stands in a line above its own, and itself.
ORDER = (
    {"base"},
    {"spec"},
    {"audit", "serving"},
    {"tenancy"},
    {"catalog"},
    {"connections", "identity"},
    {"events"},
    {"delivery"},
    {"observability"},
    {"publishing"},
    {"review"},
    {"tasks"},
    {"web", "devtools"},
    SURFACES,
)
# What Django asks for by name: these import any room and each other, no room them.
ABOVE = {"models", "urls", "checks", "apps", "migrations"}
MAY_IMPORT = {
    **{room: {room}.union(*ORDER[:i]) for i, line in enumerate(ORDER) for room in line},
    **{name: ABOVE.union(*ORDER) for name in ABOVE},
}
HTTP = {"requests", "urllib3", "httpx", "aiohttp", "http.client", "urllib.request"}
# delivery/segment/client.py alone calls Segment with events. connections asks Segment whether a
# key is known; sandbox is the other end; management calls the portal's own servers, and so
# does a QA run, which is to go the way that a partner's own server goes.
HTTP_FILES = {
    "streams/base/http_deadlines.py",  # sends nothing itself: how long a request may take
    "streams/delivery/segment/client.py",
    "streams/review/qa/client.py",
}
HTTP_ROOMS = {"connections", "sandbox", "management", "devtools"}


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name, in full, and where."""

    name: str
    line: int
    relative: bool
    in_function: bool
    for_types: bool  # under `if TYPE_CHECKING`: nothing is imported when it runs


def imports(source: str) -> Iterator[Import]:
    tree = ast.parse(source)
    in_functions, for_types = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            in_functions.update(ast.walk(node))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for_types.update(child for part in node.body for child in ast.walk(part))
    for node in ast.walk(tree):
        for name in names_of(node):
            yield Import(
                name,
                node.lineno,
                relative=isinstance(node, ast.ImportFrom) and node.level > 0,
                in_function=node in in_functions,
                for_types=node in for_types,
            )


def names_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = f"{node.module}." if node.module else ""
        return [module + alias.name for alias in node.names]
    return []


def breaches(root: Path) -> list[str]:
    """Every breach of the rules below `root`, as `file:line: what is wrong`."""
    files = sorted(
        [*root.glob("streams/**/*.py"), *root.glob("partner_portal/**/*.py")]
    )
    return [breach for file in files for breach in breaches_of(file, root)]


def breaches_of(file: Path, root: Path) -> Iterator[str]:
    path = file.relative_to(root).as_posix()
    room = room_of(path.removesuffix(".py").replace("/", "."))
    if room is not None and room not in MAY_IMPORT:
        yield f"{path}:1: {room} has no place in the order of rooms"
    for found in imports(file.read_text()):
        for wrong in wrongs(path, room, found):
            yield f"{path}:{found.line}: {wrong}"


def wrongs(path: str, room: str | None, found: Import) -> Iterator[str]:
    if found.relative:
        yield "a relative import"
        return
    if found.in_function:
        yield f"{found.name} is imported in a function"
    target = None if found.for_types else room_of(found.name)
    if room and target and target not in MAY_IMPORT.get(room, ()):
        yield f"{room} imports {target}"
    if room and belongs(found.name, {"partner_portal"}):
        yield f"{room} imports partner_portal"
    if room == "spec" and belongs(found.name, {"django"}):
        yield "spec imports Django"
    if belongs(found.name, HTTP) and room not in HTTP_ROOMS and path not in HTTP_FILES:
        yield f"{found.name} is for delivery/segment/client.py"


def room_of(name: str) -> str | None:
    """The room that a module of `streams` is in; None: it is in none."""
    package, _, rest = name.partition(".")
    room = rest.partition(".")[0]
    return room if package == "streams" and room != "__init__" else None


def belongs(name: str, modules: set[str]) -> bool:
    return any(f"{name}.".startswith(f"{module}.") for module in modules)


def test_imports_go_one_way():
    assert breaches(ROOT) == []


def test_a_package_has_at_most_15_modules():
    packages = {file.parent for file in ROOT.glob("streams/**/*.py")}

    assert [p for p in packages if len([*p.glob("[!_]*.py")]) > 15] == []


def test_the_order_names_each_room_once():
    rooms = [room for line in (*ORDER, ABOVE) for room in line]

    assert len(rooms) == len(set(rooms))


@pytest.mark.parametrize(
    ("path", "source", "wrong"),
    [
        ("events/log.py", "import streams.delivery.engine.drain", "events imports delivery"),
        ("events/log.py", "from streams import delivery", "events imports delivery"),
        ("api/views.py", "from streams.portal import access", "api imports portal"),
        ("connections/a.py", "from streams.identity import b", "connections imports identity"),
        ("delivery/engine/drain.py", "from streams.tasks import drain", "delivery imports tasks"),
        ("portal/workspace/home.py", "from streams.models import User", "portal imports models"),
        ("tasks.py", "from streams.ingest import keys", "tasks imports ingest"),
        ("base/clock.py", "from streams.spec import times", "base imports spec"),
        ("base/a.py", "from partner_portal import settings", "base imports partner_portal"),
        ("base/a.py", "from . import ids", "a relative import"),
        ("base/a.py", "if TYPE_CHECKING:\n import b\nelse:\n import streams.api", "base imports api"),
        ("base/a.py", "def f():\n import json", "json is imported in a function"),
        ("base/a.py", "class A:\n async def f():\n  import os", "os is imported in a function"),
        ("spec/calls.py", "from django.utils import timezone", "spec imports Django"),
        ("spec/calls.py", "import django", "spec imports Django"),
        ("api/a.py", "import requests", "requests is for delivery/segment/client.py"),
        ("delivery/engine/drain.py", "from http import client", "http.client is for delivery/segment/client.py"),
        ("helpers/a.py", "", "helpers has no place in the order of rooms"),
    ],
)  # fmt: skip
def test_a_breach_is_found(tmp_path, path, source, wrong):
    file = tmp_path / "streams" / path
    file.parent.mkdir(parents=True)
    file.write_text(source)

    (breach,) = breaches(tmp_path)

    assert breach.split(": ") == [f"streams/{path}:{breach_line(source)}", wrong]


def breach_line(source: str) -> int:
    return max(1, len(source.splitlines()))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("streams/delivery/engine/drain.py", "from streams.events.log import after"),
        ("streams/delivery/segment/client.py", "import requests"),
        ("streams/connections/write_key_probe.py", "import requests"),
        ("streams/ingest/app.py", "from streams.tasks import drain"),
        ("streams/api/health.py", "from http import HTTPStatus"),
        ("streams/base/a.py", "if True:\n import json"),
        ("streams/audit/a.py", "if TYPE_CHECKING:\n from streams.tenancy import b"),
        ("streams/urls.py", "from streams.portal import urls"),
        ("streams/apps.py", "from streams import checks"),
        ("partner_portal/ingest.py", "from streams.ingest.app import Front"),
    ],
)
def test_what_the_order_allows_is_no_breach(tmp_path, path, source):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source)

    assert breaches(tmp_path) == []
