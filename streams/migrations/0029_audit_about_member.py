"""The index of entries about a member of a partner. Built while others write, and from the start if it failed."""

from django.db import migrations, models

NAME = "audit_about_member"
INDEX = models.Index(
    fields=["member", "-id"],
    condition=models.Q(partner__isnull=False) & ~models.Q(member=""),
    name=NAME,
)
COLUMNS = "ON streams_auditentry (member, id DESC)"
ROWS = "WHERE partner_id IS NOT NULL AND NOT (member = '')"


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
    dependencies = [("streams", "0028_acknowledged_alerts")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(build, drop)],
            [migrations.AddIndex("AuditEntry", INDEX)],
        )
    ]
