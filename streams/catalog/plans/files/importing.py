"""Read a plan from an uploaded file: YAML or JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.catalog.plans.files.problems import InvalidPlanFile
from streams.catalog.plans.files.schema_reader import from_schema
from streams.catalog.plans.files.yaml_reader import from_yaml
from streams.catalog.plans.validation import PlanError, plan_errors

if TYPE_CHECKING:
    from streams.catalog.plans.plan import TrackingPlan

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ImportedPlan:
    plan: TrackingPlan
    left_out: tuple[str, ...] = ()  # parts of the file that a plan can't store


def read_text(content: bytes) -> str:
    """Decode the text of a file. Raises InvalidPlanFile."""
    if len(content) > MAX_BYTES:
        message = _("The file is larger than %(most)s bytes.")
        raise InvalidPlanFile([PlanError("", message % {"most": f"{MAX_BYTES:,}"})])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = _("Line %(number)d") % {"number": line}
        message = _("The file is not valid UTF-8. Save it in that encoding.")
        raise InvalidPlanFile([PlanError(where, message)]) from error


def read_plan(text: str) -> ImportedPlan:
    """Read a valid plan. Text that starts with a brace is JSON. Raises InvalidPlanFile."""
    if text.lstrip().startswith("{"):
        plan, left_out = from_schema(text)
    else:
        plan, left_out = from_yaml(text), ()
    if found := plan_errors(plan):
        raise InvalidPlanFile(found)
    return ImportedPlan(plan, left_out)
