from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0060_release_by_changes")]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="replaced_at",
            field=models.DateTimeField(null=True, verbose_name="key or region changed"),
        ),
    ]
