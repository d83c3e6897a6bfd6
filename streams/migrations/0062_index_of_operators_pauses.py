"""The index of connections that an operator paused. Built while others write, and from the start if it failed."""

from django.db import migrations, models

NAME = "connection_operator_pause"


def build(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    concurrently = "CONCURRENTLY" if is_postgres else ""
    schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS {NAME}")
    schema_editor.execute(
        f"CREATE INDEX {concurrently} {NAME} ON streams_connection (status_at)"
        " WHERE status = 'paused' AND NOT (status_reason = '')"
    )


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("streams", "0061_connection_replaced_at")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(build, drop)],
            [
                migrations.AddIndex(
                    "Connection",
                    models.Index(
                        fields=["status_at"],
                        condition=models.Q(status="paused")
                        & ~models.Q(status_reason=""),
                        name=NAME,
                    ),
                )
            ],
        )
    ]
