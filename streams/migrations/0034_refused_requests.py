"""Counts of refused requests by key."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0033_workspace_second_factor")]

    operations = [
        migrations.CreateModel(
            name="RefusedRequests",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "at",
                        "subject",
                        "status",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("subject", models.CharField(max_length=30)),
                ("status", models.PositiveSmallIntegerField()),
                ("count", models.BigIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "stream",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="streams.stream",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["stream", "at"], name="refused_of_stream")
                ],
            },
        ),
    ]
