"""The data map in docs/privacy.md has every column that can contain a person's data."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps
from django.db import models

PAGE = Path(__file__).resolve().parents[1] / "docs" / "privacy.md"
# Numbers, times and references to rows identify no one outside the database.
TEXTS = (
    models.CharField,
    models.TextField,
    models.BinaryField,
    models.JSONField,
    models.GenericIPAddressField,
    models.FileField,
)
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def in_models() -> dict[str, set[str]]:
    found = {}
    for model in apps.get_models(include_auto_created=True):
        fields = model._meta.concrete_fields
        columns = {one.column for one in fields if isinstance(one, TEXTS)}
        if columns:
            found[model._meta.db_table] = columns
    return found


def in_map() -> dict[str, set[str]]:
    rows = ROW.findall(PAGE.read_text())
    assert len({table for table, *_ in rows}) == len(rows)
    return {table: set(re.findall(r"`(\w+)`", columns)) for table, columns, *_ in rows}


def test_the_data_map_lists_every_text_and_binary_column_and_no_other():
    assert in_map() == in_models()
