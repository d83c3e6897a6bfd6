"""Filters that users save for lists: a new table, which no other code reads."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streams.base.clock


class Migration(migrations.Migration):
    dependencies = [("streams", "0006_exports")]

    operations = [
        migrations.CreateModel(
            "SavedFilter",
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
                ("page", models.CharField(max_length=20, verbose_name="page")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(max_length=4000, verbose_name="filters")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=streams.base.clock.now, verbose_name="created"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="streams.workspace",
                        verbose_name="workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "workspace", "page", "name"),
                        name="one_saved_filter",
                    )
                ],
            },
        ),
    ]
