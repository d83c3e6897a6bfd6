"""More filters of a replay. A column with a constant default rewrites no rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0007_saved_filter")]

    operations = [
        migrations.AddField(
            "Replay",
            "more",
            models.JSONField(db_default={}, default=dict, verbose_name="more filters"),
        ),
    ]
