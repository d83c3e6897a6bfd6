"""The names under which events carry a person's ID in the tool."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class ToolNames(NamedTuple):
    """Names of fields, such as `postboxId`, and types of external IDs (`postbox_id`)."""

    slug: str
    fields: frozenset[str]
    types: frozenset[str]


@lru_cache(maxsize=1_000)
def tool_names(slug: str) -> ToolNames:
    """Return the names for the slug of a stream; for `help-desk`, also `helpDeskId`."""
    first, *others = slug.replace("_", "-").split("-")
    camel = first + "".join(word.capitalize() for word in others)
    snake = slug.replace("-", "_")
    return ToolNames(
        slug,
        frozenset({f"{slug}Id", f"{camel}Id"}),
        frozenset({f"{slug}_id", f"{snake}_id"}),
    )
