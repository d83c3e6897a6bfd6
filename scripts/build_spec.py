"""Build streams/spec/spec.json, the Segment Spec in the form that the checks read.

    python scripts/build_spec.py FACTS_DIR

FACTS_DIR contains spec.json: annotated tables that were parsed from Segment's public docs.
The output has one entry per line, so a diff shows each change of the Spec.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "streams" / "spec" / "spec.json"
# Our names for the contradictions in the docs, in the order of the facts.
DISAGREEMENTS = (
    "email-ip-object",
    "email-examples",
    "email-user-agent",
    "chat-message-body",
    "refund-properties",
    "group-employees",
    "video-ad-lists",
    "video-quality-case",
    "video-seek-position",
    "copilot-case",
    "categories",
    "review-rating",
    "checkout-total",
    "alias-previous-id",
    "supported-calls",
)
# The place of a wrong field, as the facts have it in parentheses.
FIELD_PLACES: dict[str, dict[str, str]] = {
    "": {},
    "top level": {},
    "alias": {"call": "alias"},
    "top level of a track call": {"call": "track"},
    "v1": {"within": "properties"},
    "v1 product": {"within": "products"},
}


def main(folder: str) -> None:
    facts = json.loads((Path(folder) / "spec.json").read_text())
    TARGET.write_text("\n".join(lines(built(facts))) + "\n")


def built(facts: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the Spec, by kind of entry."""
    return {
        "categories": [category(entry) for entry in facts["categories"]],
        "events": [event(entry) for entry in facts["events"]],
        "old_events": [event(entry) for entry in facts["events_v1"]],
        **other_names(facts),
        "calls": [
            {"name": name, "purpose": call["purpose"], "fields": fields(call["fields"])}
            for name, call in facts["calls"].items()
        ],
        "common_fields": fields(facts["common_fields"]),
        "context_fields": fields(facts["context_fields"]),
        "reserved": [
            {"where": where, "fields": fields(entries)}
            for where, entries in facts["reserved"].items()
        ],
        "field_corrections": [
            field_correction(entry) for entry in facts["field_corrections"]
        ],
        "disagreements": [
            {"id": name, "text": text}
            for name, text in zip(
                DISAGREEMENTS, facts["docs_inconsistencies"], strict=True
            )
        ],
    }


def other_names(facts: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the names that are not in the Spec, by kind of entry."""
    return {
        "system_events": [{"name": one["name"]} for one in facts["system_events"]],
        "library_events": [
            {"name": name}
            for one in facts["events_only_in_matching_library"]
            for name in (one["name"], *one.get("variants", ()))
        ],
        "corrections": [correction(entry) for entry in facts["name_corrections"]],
        "near_misses": [
            {
                "name": entry["seen"],
                "right": entry["nearest_spec_event"],
                "sources": len(entry["sources"]),
            }
            for entry in facts["observed_near_misses"]
        ],
        "outside": [
            {"name": entry["name"], "sources": len(entry["used_by"])}
            for entry in facts["common_names_outside_the_spec"]
        ],
    }


def category(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": entry["id"],
        "docs": page(entry["file"]),
        "events": entry["events"],
        "written_for": entry["written_for"],
    }


def event(entry: dict[str, Any]) -> dict[str, Any]:
    kept = (
        "name", "category", "group", "sender", "superseded_by", "aliases",
        "accepted_variants", "example_only_properties", "auto_collected_by", "note",
    )  # fmt: skip
    result = {key: entry[key] for key in kept if entry.get(key)}
    for key in ("properties", "context"):
        if entry.get(key):
            result[key] = [field(one, name=one["path"]) for one in entry[key]]
    return result


def correction(entry: dict[str, Any]) -> dict[str, Any]:
    right = entry["right"]
    return {
        "name": entry["wrong"],
        # Text in parentheses is advice, for names without a corresponding event.
        "right": "" if right.startswith("(") else right,
        "kind": entry["kind"],
        "docs": page(entry["file"]),
    }


def field_correction(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the location of a misplaced field, and the correct field."""
    wrong, _, where = entry["wrong"].rstrip(")").partition(" (")
    right = entry["right"].rstrip(")").rpartition("(later pages: ")[2]
    result = {"wrong": wrong, "right": right, "docs": page(entry["file"])}
    return result | FIELD_PLACES[where]


def fields(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        field(one, name=(one.get("field") or one["name"]).removeprefix("context."))
        for one in entries
    ]


def field(entry: dict[str, Any], *, name: str) -> dict[str, Any]:
    """Return a property, trait or field, without the details that the docs don't specify."""
    result = {"path": name, "type": entry["type"]}
    if entry.get("required", "unspecified") != "unspecified":
        result["required"] = entry["required"]
    for key in ("items", "enum", "default", "subfields"):
        if entry.get(key):
            result[key] = entry[key]
    return result


def page(file: str) -> str:
    """Return the path of the docs page that a source file of the docs becomes."""
    path = file.split(" ")[0].removeprefix("src/").removesuffix(".md")
    return path.removesuffix("index").rstrip("/") + "/"


def lines(spec: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    yield "{"
    for number, (kind, entries) in enumerate(spec.items(), start=1):
        yield f' "{kind}": ['
        for place, entry in enumerate(entries, start=1):
            yield f"  {json.dumps(entry)}{',' if place < len(entries) else ''}"
        yield " ]," if number < len(spec) else " ]"
    yield "}"


if __name__ == "__main__":
    main(*sys.argv[1:])
