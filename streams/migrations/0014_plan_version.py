import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streams.base.clock


class Migration(migrations.Migration):
    dependencies = [("streams", "0013_replay")]
    operations = [
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField(default=dict)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("edited_at", models.DateTimeField(default=streams.base.clock.now)),
                ("published_at", models.DateTimeField(null=True)),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plan_versions",
                        to="streams.stream",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["stream", "number"], name="plan_version_number"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(published_at=None),
                        fields=["stream"],
                        name="one_draft_of_a_plan",
                    ),
                ],
            },
        ),
    ]
