"""The last replaced ingest key of each feed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0050_identity_map")]

    operations = [
        migrations.CreateModel(
            name="ReplacedIngestKey",
            fields=[
                ("feed", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="streams.feed", verbose_name="feed")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("hint", models.CharField(max_length=8, verbose_name="start of the ingest key")),
                ("replaced_at", models.DateTimeField(verbose_name="replaced")),
            ],
            options={
                "verbose_name": "replaced ingest key",
                "verbose_name_plural": "replaced ingest keys",
            },
        ),
    ]
