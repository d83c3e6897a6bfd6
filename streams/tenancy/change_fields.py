"""Change fields of a row under its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model


def change_fields(row: Model, **values: Any) -> list[str]:
    """Lock a row, read it again, and save the fields that differ. Returns their names.

    To be called in a transaction. Raises Django's ValidationError, IntegrityError, and the
    model's DoesNotExist.
    """
    rows = type(row)._default_manager.select_for_update(no_key=True)
    row.refresh_from_db(from_queryset=rows)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    others = {field.name for field in row._meta.fields}.difference(changed)
    row.clean_fields(exclude=others)
    if changed:
        row.save(update_fields=changed)
    return changed
