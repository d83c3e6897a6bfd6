"""Types that msgspec decodes, in a process with several threads."""

from __future__ import annotations

import ast
import gc
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Runs in a separate process, because the defect crashes it. Threads switch as often as
# possible, so that one decodes a type while another uses it for the first time.
FIRST_USE = """
import sys, threading
from streams.spec.check.event import check
from streams.spec.content.tables import EVENT_TABLES

sys.setswitchinterval(1e-7)
events = [
    {"type": "track", "event": name, "properties": dict.fromkeys(table.value_specs)}
    for name, table in EVENT_TABLES.items()
]
threads = [
    threading.Thread(target=lambda: [check(event) for event in events])
    for _ in range(4)
]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""

PASSED_ON = {
    "fast_type",
    "kind",
    "wanted",
}  # an argument of a function, not the name of a type


def decoded_types():
    """Return the types that `streams` has msgspec decode, as (module, name)."""
    for file in sorted((ROOT / "streams").rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                yield from ((module, name) for name in names_of(node))


def names_of(call):
    called = ast.unparse(call.func)
    kinds = []
    if called == "msgspec.convert":
        kinds = call.args[1:2]
    elif called in {"msgspec.json.decode", "msgspec.json.Decoder"}:
        kinds = [word.value for word in call.keywords if word.arg == "type"]
        kinds += call.args[:1] if called.endswith("Decoder") else []
    elif called == "_decoded":  # of the sandbox's control API
        kinds = call.args[1:2]
    names = [kind.id for kind in kinds if isinstance(kind, ast.Name)]
    return [name for name in names if name not in PASSED_ON]


def test_threads_that_check_the_first_events_at_once_do_not_crash():
    done = subprocess.run([sys.executable, "-c", FIRST_USE], cwd=ROOT, check=False)

    assert done.returncode == 0


@pytest.mark.parametrize(("module", "name"), sorted(set(decoded_types())))
def test_types_are_prepared_when_their_module_is_imported(module, name):
    kind = getattr(importlib.import_module(module), name)

    # The attribute in which msgspec caches what it built for a type.
    built = {type(one).__name__ for one in gc.get_referents(kind)}
    assert "StructInfo" in built or "__msgspec_cache__" in vars(kind)


def test_the_search_finds_decoded_types():
    assert len(set(decoded_types())) > 8
