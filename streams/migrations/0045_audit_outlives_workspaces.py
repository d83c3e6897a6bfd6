from __future__ import annotations

import importlib

import django.db.models.deletion
from django.db import migrations, models

append_only = importlib.import_module("streams.migrations.0035_audit_is_append_only")


def keep(apps, schema_editor):
    """SQLite's triggers went with the table that Django copied."""
    if schema_editor.connection.vendor == "sqlite":
        append_only.keep(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("streams", "0044_form_claim")]
    operations = [
        migrations.RunPython(migrations.RunPython.noop, keep),
        migrations.AlterField(
            model_name="auditentry",
            name="workspace",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="streams.workspace",
            ),
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
