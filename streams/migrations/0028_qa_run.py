from django.conf import settings
from django.db import migrations, models

import streams.base.clock


class Migration(migrations.Migration):
    dependencies = [("streams", "0027_published_plans_are_fixed")]
    operations = [
        migrations.CreateModel(
            "QaRun",
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
                ("started_at", models.DateTimeField(default=streams.base.clock.now)),
                ("seqs", models.JSONField(default=dict)),
                ("events", models.IntegerField(default=0)),
                ("refused", models.JSONField(default=list)),
                (
                    "by",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL,
                        models.PROTECT,
                        null=True,
                        related_name="+",
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        "streams.stream", models.PROTECT, related_name="qa_runs"
                    ),
                ),
            ],
        ),
    ]
