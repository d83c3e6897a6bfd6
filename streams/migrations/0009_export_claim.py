"""The worker that writes a part of an export. A column with a constant default rewrites no rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0008_replay_filters")]

    operations = [
        migrations.AddField(
            "Export",
            "claim",
            models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
    ]
