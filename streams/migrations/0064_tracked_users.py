"""Sketches of tracked users, and the key of their hashes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("streams", "0063_lookup_day"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrackedUsersKey",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(primary_key=True, serialize=False),
                ),
                ("key", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="TrackedUsers",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "feed",
                        "month",
                        "kind",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("month", models.DateField()),
                ("kind", models.PositiveSmallIntegerField()),
                ("sketch", models.BinaryField()),
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
                "indexes": [models.Index(fields=["month"], name="tracked_users_month")],
            },
        ),
    ]
