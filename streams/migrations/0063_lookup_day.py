"""Counts of lookups of userIds. The feed has no constraint, so the table of feeds isn't locked."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0062_index_of_operators_pauses")]
    operations = [
        migrations.CreateModel(
            name="LookupDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day",
                        "feed",
                        "result",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("result", models.PositiveSmallIntegerField()),
                ("count", models.BigIntegerField()),
                (
                    "feed",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="streams.feed",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["feed", "day"], name="lookups_of_feed")
                ],
            },
        ),
    ]
