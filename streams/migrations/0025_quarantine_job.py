import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streams.base.clock
import streams.base.ids

ACTIONS = [("release", "Release"), ("rename", "Rename"), ("discard", "Discard")]


class Migration(migrations.Migration):
    dependencies = [("streams", "0024_reserved_slugs")]
    operations = [
        migrations.CreateModel(
            name="QuarantineJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.CharField(db_index=True, default=streams.base.ids.public_id, max_length=12),
                ),
                ("action", models.CharField(choices=ACTIONS, max_length=8)),
                ("rule", models.CharField(blank=True, max_length=40)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("new_name", models.CharField(blank=True, max_length=200)),
                ("events", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("position", models.BigIntegerField(default=0)),
                ("released", models.BigIntegerField(default=0)),
                ("discarded", models.BigIntegerField(default=0)),
                ("kept", models.BigIntegerField(default=0)),
                ("requested_at", models.DateTimeField(default=streams.base.clock.now)),
                ("worked_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quarantine_jobs",
                        to="streams.feed",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(ended_at=None), fields=["worked_at"], name="quarantine_to_do"),
                ],
            },
        ),
    ]
