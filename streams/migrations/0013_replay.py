import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streams.base.clock
import streams.base.ids


class Migration(migrations.Migration):
    dependencies = [("streams", "0012_cursor_trouble")]
    operations = [
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "cursor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="replay",
                        serialize=False,
                        to="streams.cursor",
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=streams.base.ids.public_id, max_length=12, unique=True
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("type", models.CharField(blank=True, max_length=8)),
                ("user_id", models.CharField(blank=True, max_length=200)),
                ("rejected_only", models.BooleanField(default=False)),
                ("new_ids", models.BooleanField(default=False)),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("requested_at", models.DateTimeField(default=streams.base.clock.now)),
                ("stopped_because", models.CharField(blank=True, max_length=300)),
            ],
        ),
    ]
