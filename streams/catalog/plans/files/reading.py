"""A plan from a file that somebody uploads: YAML, or a JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.catalog.plans.faults import Fault, faults
from streams.catalog.plans.files.problems import UnreadableFile
from streams.catalog.plans.files.schema_reading import from_schema
from streams.catalog.plans.files.yaml_reading import from_yaml

if TYPE_CHECKING:
    from streams.catalog.plans.plan import EventPlan

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Read:
    plan: EventPlan
    left_out: tuple[str, ...] = ()  # what the file says beyond what a plan can hold


def read_text(content: bytes) -> str:
    """The text of a file. Raises UnreadableFile."""
    if len(content) > MAX_BYTES:
        raise UnreadableFile([Fault("", f"A file has at most {MAX_BYTES:,} bytes.")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = "This is no text in UTF-8. Save the file in that encoding."
        raise UnreadableFile([Fault(f"Line {line}", told)]) from error


def read_plan(text: str) -> Read:
    """A plan without faults. What begins with a brace is JSON. Raises UnreadableFile."""
    if text.lstrip().startswith("{"):
        plan, left_out = from_schema(text)
    else:
        plan, left_out = from_yaml(text), ()
    if found := faults(plan):
        raise UnreadableFile(found)
    return Read(plan, left_out)
