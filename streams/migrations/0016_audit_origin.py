"""The address and the device of an activity log entry, and the person whom it is about.

Columns with a constant default rewrite no rows. In SQL, because Django copies the table on
SQLite, without its triggers.
"""

from django.db import migrations, models

COLUMNS = {"address": 43, "device": 60, "member": 254}
TABLE = "streams_auditentry"


def column(name, size):
    return migrations.RunSQL(
        f"ALTER TABLE {TABLE} ADD COLUMN {name} varchar({size}) DEFAULT '' NOT NULL",
        f"ALTER TABLE {TABLE} DROP COLUMN {name}",
        state_operations=[
            migrations.AddField(
                "AuditEntry",
                name,
                models.CharField(
                    name, max_length=size, blank=True, db_default=""
                ),
            )
        ],
    )


class Migration(migrations.Migration):
    dependencies = [("streams", "0015_notice_audience")]
    operations = [column(name, size) for name, size in COLUMNS.items()]
