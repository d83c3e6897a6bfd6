"""Imports go one way, and functions, modules and packages stay small.

The packages of `streams` are layers: each imports only those below it. Below the layers, no
import leads back, at any depth:

- No two modules import each other, directly or through others.
- No two subpackages of a package do.
- A package's own modules either import its subpackages or are imported by them. Those that
  Django finds by name may do both, because they gather what is in the subpackages.

Imports that only type checkers see don't count.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = ("streams", "partner_portal", "scripts", "bench")

SURFACES = {"ingest", "api", "portal", "docs", "admin", "management", "sandbox"}
# A package imports packages in the lines above its own, and itself.
ORDER = (
    {"base"},
    {"spec"},
    {"audit", "serving"},
    {"tenancy"},
    {"catalog"},
    {"connections", "sign_in", "identity"},
    {"events"},
    {"tracked_users"},
    {"delivery"},
    {"observability"},
    {"alerts"},
    {"exports"},
    {"uploads"},
    {"privacy"},
    {"publishing"},
    {"review"},
    {"prune"},
    {"tasks"},
    {"web", "devtools"},
    SURFACES,
)
# Django finds these by name. They import any package and each other, and no package imports
# them.
BY_NAME = {"models", "urls", "checks", "apps", "migrations"}
MAY_IMPORT = {
    **{name: {name}.union(*ORDER[:i]) for i, line in enumerate(ORDER) for name in line},
    **{name: BY_NAME.union(*ORDER) for name in BY_NAME},
}
HTTP = {"requests", "urllib3", "httpx", "aiohttp", "http.client", "urllib.request"}
# Only delivery/segment/client.py sends events to Segment. connections asks Segment whether it
# knows a key; sandbox is the other end; management and a QA run call the portal's own servers.
HTTP_FILES = {
    "streams/base/http_deadlines.py",  # sends nothing itself: limits how long a request takes
    "streams/base/customer_urls/client.py",  # customers' webhooks
    "streams/delivery/segment/client.py",
    "streams/sign_in/sso/http.py",  # the providers of single sign-on
    "streams/identity/inbound/test_call.py",  # the portal itself
    "streams/review/qa/ingest_client.py",
}
HTTP_PACKAGES = {"connections", "sandbox", "management", "devtools"}

MAX_FUNCTION_LINES = 40
MAX_MODULE_LINES = 300
MAX_MODULES = 15  # per package


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name, in full, and its place."""

    name: str
    line: int
    relative: bool
    in_function: bool
    for_types: bool  # under `if TYPE_CHECKING`, so nothing is imported at run time


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


def violations(root: Path) -> list[str]:
    """Every violation of the order of packages below `root`, as `file:line: what is wrong`."""
    files = sorted(
        [*root.glob("streams/**/*.py"), *root.glob("partner_portal/**/*.py")]
    )
    return [violation for file in files for violation in violations_in(file, root)]


def violations_in(file: Path, root: Path) -> Iterator[str]:
    path = file.relative_to(root).as_posix()
    package = package_of(path.removesuffix(".py").replace("/", "."))
    if package is not None and package not in MAY_IMPORT:
        yield f"{path}:1: {package} has no place in the order of packages"
    for imported in imports(file.read_text()):
        for problem in problems(path, package, imported):
            yield f"{path}:{imported.line}: {problem}"


def problems(path: str, package: str | None, imported: Import) -> Iterator[str]:
    if imported.relative:
        yield "a relative import"
        return
    name = imported.name
    if imported.in_function:
        yield f"{name} is imported in a function"
    target = None if imported.for_types else package_of(name)
    if package and target and target not in MAY_IMPORT.get(package, ()):
        yield f"{package} imports {target}"
    if package and belongs(name, {"partner_portal"}):
        yield f"{package} imports partner_portal"
    if package == "spec" and belongs(name, {"django"}):
        yield "spec imports Django"
    may_call = package in HTTP_PACKAGES or path in HTTP_FILES
    if belongs(name, HTTP) and not may_call:
        yield f"{name} is for delivery/segment/client.py"


def package_of(name: str) -> str | None:
    """The package of `streams` that a module is in; None: it is in none."""
    root, _, rest = name.partition(".")
    package = rest.partition(".")[0]
    return package if root == "streams" and package != "__init__" else None


def belongs(name: str, modules: set[str]) -> bool:
    return any(f"{name}.".startswith(f"{module}.") for module in modules)


type Graph = Mapping[str, set[str]]


@cache
def module_graph(root: Path) -> Graph:
    """The modules that each module of CODE imports at run time."""
    files = {
        module_name(file.relative_to(root)): file
        for folder in CODE
        for file in root.glob(f"{folder}/**/*.py")
    }
    graph = {}
    for module, file in files.items():
        names = [i.name for i in imports(file.read_text()) if not i.for_types]
        graph[module] = {defining_module(name, files) for name in names} - {"", module}
    return graph


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def defining_module(name: str, modules: Mapping[str, Path]) -> str:
    """The module that an imported name is or is from; empty: not one of ours."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


def package_graphs(modules: Graph) -> dict[str, Graph]:
    """For each package, which of its subpackages import each other.

    The package's own modules are one more node, with the name of the package.
    """
    graphs: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    packages = {module.rpartition(".")[0] for module in modules}
    for module, targets in modules.items():
        for target in targets:
            package = common_package(module, target)
            if is_by_name(module, package) or is_by_name(target, package):
                continue
            from_node = node_in(package, module, packages)
            to_node = node_in(package, target, packages)
            if from_node != to_node:
                graphs[package][from_node].add(to_node)
    return {name: dict(graph) for name, graph in graphs.items()}


def common_package(module: str, other: str) -> str:
    common = []
    for part, other_part in zip(module.split("."), other.split("."), strict=False):
        if part != other_part:
            break
        common.append(part)
    return ".".join(common)


def node_in(package: str, module: str, packages: set[str]) -> str:
    """The package itself for its own modules, or else the subpackage that `module` is in."""
    depth = package.count(".") + 2 if package else 1
    subpackage = ".".join(module.split(".")[:depth])
    return subpackage if subpackage in packages else package


def is_by_name(module: str, package: str) -> bool:
    parent, _, name = module.rpartition(".")
    return parent == package and name in BY_NAME


def cycle_in(graph: Graph) -> list[str]:
    """One cycle of the graph as a path; empty: there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        path: list[str] = error.args[1]
        return path[::-1]
    return []


def too_long(root: Path) -> Iterator[str]:
    """Yield the functions and modules with too many lines, as `file: lines`."""
    for folder in (*CODE, "tests"):
        for file in sorted(root.glob(f"{folder}/**/*.py")):
            path = file.relative_to(root).as_posix()
            source = file.read_text()
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines = (node.end_lineno or 0) - node.lineno + 1
                    if lines > MAX_FUNCTION_LINES:
                        yield f"{path}::{node.name}"
            # Django writes migrations, and a test module may have many tests.
            free = folder == "tests" or file.parent.name == "migrations"
            if not free and len(source.splitlines()) > MAX_MODULE_LINES:
                yield path


def test_imports_go_one_way():
    assert violations(ROOT) == []


def test_no_modules_import_each_other():
    assert cycle_in(module_graph(ROOT)) == []


def test_no_subpackages_import_each_other():
    graphs = package_graphs(module_graph(ROOT))

    cycles = {package: cycle_in(graph) for package, graph in graphs.items()}
    assert {name: cycle for name, cycle in cycles.items() if cycle} == {}


def test_functions_and_modules_are_short():
    assert set(too_long(ROOT)) == set()


def test_a_package_has_at_most_15_modules():
    packages = {file.parent for file in ROOT.glob("streams/**/*.py")}
    packages.remove(ROOT / "streams/migrations")  # a sequence, to which releases add

    assert [p for p in packages if len([*p.glob("[!_]*.py")]) > MAX_MODULES] == []


def test_the_order_names_each_package_once():
    names = [name for line in (*ORDER, BY_NAME) for name in line]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("path", "source", "problem"),
    [
        ("events/log.py", "import streams.delivery.engine.drain", "events imports delivery"),
        ("events/log.py", "from streams import delivery", "events imports delivery"),
        ("api/views.py", "from streams.portal import access", "api imports portal"),
        ("connections/a.py", "from streams.sign_in import b", "connections imports sign_in"),
        ("delivery/engine/drain.py", "from streams.tasks import drain", "delivery imports tasks"),
        ("portal/workspace/home.py", "from streams.models import User", "portal imports models"),
        ("tasks.py", "from streams.ingest import keys", "tasks imports ingest"),
        ("base/clock.py", "from streams.spec import times", "base imports spec"),
        ("base/a.py", "from partner_portal import settings", "base imports partner_portal"),
        ("base/a.py", "from . import ids", "a relative import"),
        ("base/a.py", "if TYPE_CHECKING:\n import b\nelse:\n import streams.api", "base imports api"),
        ("base/a.py", "def f():\n import json", "json is imported in a function"),
        ("base/a.py", "class A:\n async def f():\n  import os", "os is imported in a function"),
        ("spec/call_structure.py", "from django.utils import timezone", "spec imports Django"),
        ("spec/call_structure.py", "import django", "spec imports Django"),
        ("api/a.py", "import requests", "requests is for delivery/segment/client.py"),
        ("delivery/engine/drain.py", "from http import client", "http.client is for delivery/segment/client.py"),
        ("helpers/a.py", "", "helpers has no place in the order of packages"),
    ],
)  # fmt: skip
def test_a_violation_is_reported(tmp_path, path, source, problem):
    file = tmp_path / "streams" / path
    file.parent.mkdir(parents=True)
    file.write_text(source)

    (violation,) = violations(tmp_path)

    assert violation.split(": ") == [f"streams/{path}:{last_line(source)}", problem]


def last_line(source: str) -> int:
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
        (
            "partner_portal/ingest.py",
            "from streams.ingest.app import IngestApp",
        ),
    ],
)
def test_the_order_allows(tmp_path, path, source):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source)

    assert violations(tmp_path) == []


@pytest.mark.parametrize(
    ("imports_of", "cycles"),
    [
        ({"a.b.m": {"a.c.n"}, "a.c.n": {"a.b.o"}, "a.b.o": set()}, {"a"}),
        ({"a.b.m": {"a.n"}, "a.n": {"a.b.o"}, "a.b.o": set()}, {"a"}),
        ({"a.b.m": {"a.c.n"}, "a.c.n": {"d.o"}, "d.o": {"a.b.p"}, "a.b.p": set()}, {""}),
        ({"a.b.c.m": {"a.b.d.n"}, "a.b.d.n": {"a.b.c.o"}, "a.b.c.o": set()}, {"a.b"}),
        ({"a.b.m": {"a.models"}, "a.models": {"a.b.o"}, "a.b.o": set()}, set()),
        ({"a.b.m": {"a.n"}, "a.n": set(), "a.b.o": {"a.n"}}, set()),
        ({"a.m": {"a.n"}, "a.n": {"a.o"}, "a.o": set()}, set()),
    ],
)  # fmt: skip
def test_a_cycle_of_packages_is_reported(imports_of, cycles):
    graphs = package_graphs(imports_of)

    assert {package for package, graph in graphs.items() if cycle_in(graph)} == cycles


def test_long_functions_and_modules_are_reported(tmp_path):
    body = "".join(f"    a = {n}\n" for n in range(MAX_FUNCTION_LINES))
    (tmp_path / "streams").mkdir()
    (tmp_path / "streams" / "a.py").write_text(
        f"def f():\n{body}\ndef g():\n    pass\n"
    )
    (tmp_path / "streams" / "b.py").write_text("\n" * (MAX_MODULE_LINES + 1))

    assert [*too_long(tmp_path)] == ["streams/a.py::f", "streams/b.py"]
