import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streams.base.clock


class Migration(migrations.Migration):
    dependencies = [("streams", "0020_sandbox_in_europe")]
    operations = [
        migrations.CreateModel(
            name="PageVersion",
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
                ("kind", models.CharField(choices=[("source", "Source page"), ("integration", "Integration page")], max_length=11)),
                ("number", models.PositiveIntegerField()),
                ("text", models.TextField(max_length=60000)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("edited_at", models.DateTimeField(default=streams.base.clock.now)),
                ("published_at", models.DateTimeField(null=True)),
                (
                    "edited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                        related_name="page_versions",
                        to="streams.stream",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["stream", "kind", "number"], name="page_version_number"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(published_at=None),
                        fields=["stream", "kind"],
                        name="one_draft_of_a_page",
                    ),
                ],
            },
        ),
    ]
