"""Change fields of a row under its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.audit.changes import changed_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model


def change_fields(row: Model, **values: Any) -> dict[str, Any]:
    """Lock a row, read it again, and save the fields that differ. Returns their old values.

    To be called in a transaction. Raises Django's ValidationError, IntegrityError, and the
    model's DoesNotExist.
    """
    rows = type(row)._default_manager.select_for_update(no_key=True)
    row.refresh_from_db(from_queryset=rows)
    before = {name: getattr(row, name) for name in values}
    changed = {name: old for name, old in before.items() if old != values[name]}
    for name in changed:
        setattr(row, name, values[name])
    others = {field.name for field in row._meta.fields}.difference(changed)
    row.clean_fields(exclude=others)
    if changed:
        row.save(update_fields=changed)
    return changed


def values_of(row: Model, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of an entry with the old and new values that `change_fields` found."""
    return changed_values(before, {name: getattr(row, name) for name in before})
