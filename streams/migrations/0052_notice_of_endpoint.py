"""The index of notices about webhook endpoints. Built while others write, and from the start if it failed."""

from django.db import migrations, models

NAME = "notice_of_endpoint"
INDEX = models.Index(
    fields=["endpoint"],
    condition=models.Q(endpoint__isnull=False),
    name=NAME,
)
COLUMNS = "ON streams_notice (endpoint_id)"
ROWS = "WHERE endpoint_id IS NOT NULL"
# Early copies of migration 0038 built one of all rows, under a lock.
BEFORE = "streams_notice_endpoint_id_%"


def build(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    concurrently = "CONCURRENTLY" if is_postgres else ""
    for name in [*earlier(schema_editor.connection), NAME]:
        schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS {name}")
    schema_editor.execute(f"CREATE INDEX {concurrently} {NAME} {COLUMNS} {ROWS}")


def earlier(connection):
    tables = {
        "postgresql": "SELECT indexname FROM pg_indexes WHERE indexname LIKE %s",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE %s",
    }
    with connection.cursor() as cursor:
        cursor.execute(tables[connection.vendor], [BEFORE])
        return [name for (name,) in cursor.fetchall()]


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("streams", "0051_replaced_ingest_keys")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(build, drop)],
            [migrations.AddIndex("Notice", INDEX)],
        )
    ]
