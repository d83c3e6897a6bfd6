"""Migrations of a database in use: short lock waits, and data in small transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.db import OperationalError
from django.db.migrations import AddConstraint
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import Max

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Changing a table waits for every transaction that reads it, and meanwhile blocks every other
# session. Longer than deadlock_timeout (1 s), after which the server cancels a blocking
# autovacuum. Shorter than the lock_timeout of those sessions (2 s, see SESSION_SETTINGS), so
# that the wait ends here first.
LOCK_TIMEOUT_MS = 1_200
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
GIVE_UP_AFTER_S = 30 * 60.0
ROWS_PER_BATCH = 5_000
TOO_OLD = (
    "The database completed only some of the migrations that version 0.1.0 squashed. Run"
    " `manage.py migrate` with the last version before 0.1.0 first."
)


def migrations_missing(connection: Any) -> str:
    """Return a sentence about missing migrations, or an empty string."""
    executor = MigrationExecutor(connection)
    if is_too_old(executor.loader):
        return TOO_OLD
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return ""
    return (
        f"The database lacks migrations of this version ({len(missing)}). Run"
        " `manage.py migrate` first."
    )


def is_too_old(loader: MigrationLoader) -> bool:
    """Whether the database completed only some of the migrations that one replaces.

    Django would skip that one and run later migrations on tables that don't exist.
    """
    for migration in loader.replacements.values():
        completed = loader.applied_migrations.keys() & {*migration.replaces}
        if 0 < len(completed) < len(migration.replaces):
            return True
    return False


class LockNotAvailable(Exception):
    """A table was in use the whole time; earlier migrations stay applied."""


def with_short_locks(
    connection: Any,
    work: Callable[[], object],
    *,
    say: Callable[[str], None],
    give_up_after_s: float = GIVE_UP_AFTER_S,
) -> None:
    """Run `work` until it gets its locks, waiting at most LOCK_TIMEOUT_MS for each.

    `work` runs again after each failure and must continue where it stopped, as `migrate`
    does. Raises LockNotAvailable. Databases other than PostgreSQL use their own timeouts.
    """
    if connection.vendor != "postgresql":
        work()
        return
    gives_up_at, pause_s = time.monotonic() + give_up_after_s, FIRST_PAUSE_S
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
        try:
            work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != "55P03":
                raise
            if time.monotonic() + pause_s > gives_up_at:
                raise LockNotAvailable(
                    "A table was in use the whole time. End long-running transactions (see"
                    " pg_stat_activity), then run `manage.py migrate` again."
                ) from error
            say(f"A table is in use. Retrying in {pause_s:.0f} s.")
            time.sleep(
                pause_s
            )  # there is no signal for the end of the other transaction
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        else:
            return
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


class AddCheckNotValid(AddConstraint):
    """Add a check of new rows only, so that no one waits for a scan of the table.

    `ValidateCheck` in a later migration checks the others. SQLite, which copies the table,
    checks all at once.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Add the constraint."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        sql = self.constraint.create_sql(model, schema_editor)
        schema_editor.execute(f"{sql} NOT VALID", params=None)


class ValidateCheck(Operation):
    """Check the rows that were stored before an `AddCheckNotValid`, while others write."""

    reversible = True

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Validate the constraint."""
        if schema_editor.connection.vendor == "postgresql":
            quoted = schema_editor.quote_name
            model = to_state.apps.get_model(app_label, self.model_name)
            table, name = quoted(model._meta.db_table), quoted(self.name)
            schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Change nothing: a constraint can stay validated."""


def in_batches(
    rows: QuerySet[Any], *, size: int = ROWS_PER_BATCH
) -> Iterator[QuerySet[Any]]:
    """Yield `rows` in batches of at most `size` primary keys, for a data migration.

    Set `atomic = False` in the migration, so that each UPDATE is its own transaction and
    locks few rows briefly. Select only rows that still need the change, so that the migration
    can run again after a failure.
    """
    last = rows.aggregate(last=Max("pk"))["last"] or 0
    first = rows.order_by("pk").values_list("pk", flat=True).first() or 0
    while first <= last and first:
        yield rows.filter(pk__gte=first, pk__lt=first + size)
        left = rows.filter(pk__gte=first + size).order_by("pk")
        first = left.values_list("pk", flat=True).first() or 0
