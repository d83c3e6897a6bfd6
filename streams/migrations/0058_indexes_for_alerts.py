"""The indexes of connections that alerts are about. Built while others write, and from the start if it failed."""

from django.db import migrations, models

INDEXES = (
    (
        "connection_attention",
        models.Index(
            fields=["status_at"],
            condition=models.Q(status="attention"),
            name="connection_attention",
        ),
        "(status_at) WHERE status = 'attention'",
    ),
    (
        "connection_key_unknown",
        models.Index(
            fields=["known_at"],
            condition=models.Q(known=False),
            name="connection_key_unknown",
        ),
        "(known_at) WHERE NOT known",
    ),
)


def build(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    concurrently = "CONCURRENTLY" if is_postgres else ""
    for name, _, rows in INDEXES:
        schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS {name}")
        schema_editor.execute(
            f"CREATE INDEX {concurrently} {name} ON streams_connection {rows}"
        )


def drop(apps, schema_editor):
    for name, *_ in INDEXES:
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("streams", "0057_workspace_late_after")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(build, drop)],
            [migrations.AddIndex("Connection", index) for _, index, _ in INDEXES],
        )
    ]
