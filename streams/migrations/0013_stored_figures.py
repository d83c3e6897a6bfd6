"""Figures for the admin's first page: a new table, which no other code reads."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0012_export_kind")]

    operations = [
        migrations.CreateModel(
            "StoredFigures",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("figures", models.JSONField()),
            ],
        ),
    ]
