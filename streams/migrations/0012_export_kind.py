"""Exports of delivery attempts. A column with a constant default rewrites no rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0011_attempt_phases")]

    operations = [
        migrations.AddField(
            "Export",
            "kind",
            models.CharField(
                choices=[("events", "Events"), ("attempts", "Delivery attempts")],
                db_default="events",
                default="events",
                max_length=8,
            ),
        ),
    ]
