"""The index of webhook endpoints that fail. Built while others write, and from the start if it failed."""

from django.db import migrations, models

NAME = "webhook_failing"
INDEX = models.Index(
    fields=["failing_since"],
    condition=models.Q(failing_since__isnull=False),
    name=NAME,
)
COLUMNS = "ON streams_webhookendpoint (failing_since)"
ROWS = "WHERE failing_since IS NOT NULL"


def build(apps, schema_editor):
    concurrently = (
        "CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""
    )
    schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS {NAME}")
    schema_editor.execute(f"CREATE INDEX {concurrently} {NAME} {COLUMNS} {ROWS}")


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("streams", "0031_alerts_of_tokens")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(build, drop)],
            [migrations.AddIndex("WebhookEndpoint", INDEX)],
        )
    ]
